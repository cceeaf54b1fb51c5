extension Project {
    /// What runs and is not what the files say, and what it shows about their numbers.
    var runningFindings: [Finding] {
        guard let compose = self.compose else { return [] }
        let byService = Dictionary(grouping: self.facts.containers, by: \.service)
        let known = compose.services.flatMap { service in
            let containers = byService[service.name] ?? []
            return containers.flatMap { self.drift($0, service) } + self.bootFindings(service, containers)
        }
        let names = Set(compose.services.map(\.name))
        let strangers = self.facts.containers.filter { !names.contains($0.service) }.map { container in
            let what = "container \(container.name) runs a service that the file does not have"
            return Finding(.containerDrift, Place(compose.file, 1), what)
        }
        return known + strangers
    }

    private func drift(_ container: Facts.Container, _ service: ComposeService) -> [Finding] {
        var differences: [String] = []
        if let image = self.facts.images[service.name], image.id != container.imageID {
            differences.append("an older image")
        }
        if let written = service.restart.flatMap({ ShellText.expanded($0) { _ in nil } }), written != "deploy" {
            let policy = written.prefix { $0 != ":" }
            if policy != container.restartPolicy {
                differences.append("restart \(container.restartPolicy) instead of \(policy)")
            }
        }
        if let difference = self.checkDifference(container, service) { differences.append(difference) }
        if differences.isEmpty, let hash = self.facts.configHashes[service.name], let running = container.configHash,
            hash != running
        {
            differences.append("another configuration (Compose's hash differs)")
        }
        guard !differences.isEmpty else { return [] }
        let what = "container \(container.name) runs \(differences.joined(separator: ", "))"
        return [Finding(.containerDrift, service.place(), what)]
    }

    private func checkDifference(_ container: Facts.Container, _ service: ComposeService) -> String? {
        let inImage = self.build(of: service).flatMap { Self.healthcheck($0.file, $0.stage) }
        guard let written = service.healthcheck?.merged(over: inImage) ?? inImage, !written.test.isEmpty else {
            return nil
        }
        guard let running = container.healthcheck else { return written.isDisabled ? nil : "no healthcheck" }
        if written.isDisabled { return "a healthcheck that the files switch off" }
        // A variable of the compose file's own stands for what only Compose knows.
        let test = service.node["healthcheck"]?["test"]
        let isKnown = !(test?.elements ?? test.map { [$0] } ?? []).contains { word in
            ShellText.hasVariable((word.text ?? "").replacing("$$", with: ""))
        }
        var differences: [String] = []
        if isKnown, written.test != running.test { differences.append("command") }
        if (written.interval ?? Healthcheck.standard.interval) != running.interval { differences.append("interval") }
        if (written.timeout ?? Healthcheck.standard.timeout) != running.timeout { differences.append("timeout") }
        if (written.startPeriod ?? .zero) != running.startPeriod { differences.append("start_period") }
        if (written.retries ?? Healthcheck.standard.retries) != running.retries { differences.append("retries") }
        return differences.isEmpty ? nil : "a healthcheck with another \(differences.joined(separator: ", "))"
    }

    private func bootFindings(_ service: ComposeService, _ containers: [Facts.Container]) -> [Finding] {
        let inImage = self.build(of: service).flatMap { Self.healthcheck($0.file, $0.stage) }
        guard let check = service.healthcheck?.merged(over: inImage) ?? inImage, !check.isDisabled else { return [] }
        let startPeriod = check.startPeriod ?? .zero
        // Docker's first check comes one interval after the start: a boot that ends before it is never failed.
        let firstCheck = check.interval ?? Healthcheck.standard.interval
        let failing = containers.compactMap(\.failingAfterStart).max().flatMap { $0 > startPeriod ? $0 : nil }
        let boot = self.facts.boots[service.name].flatMap { $0 > max(startPeriod, firstCheck) ? $0 : nil }
        guard let longest = [failing, boot].compactMap({ $0 }).max() else { return [] }
        let place = check.startPeriod == nil ? check.place : service.place("healthcheck", "start_period")
        let what =
            "service \(service.name) was still booting \(longest.text) after its start, "
            + "with a start_period of \(startPeriod.text)"
        return [Finding(.startPeriodShort, place, what)]
    }
}
