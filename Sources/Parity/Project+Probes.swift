import Compose

extension Project {
    /// What is wrong with how health is asked for.
    var probeFindings: [Finding] { (self.compose?.services ?? []).flatMap(self.probeFindings) }

    private func probeFindings(_ service: ComposeService) -> [Finding] {
        guard !self.isOneShot(service) else { return [] }
        let build = self.build(of: service)
        let inImage = build.flatMap { Self.healthcheck($0.file, $0.stage) }
        let image = build?.stage.line
        var findings: [Finding] = []
        if service.healthcheck?.isDisabled == true {
            let what = "service \(service.name) has its healthcheck switched off"
            return [Finding(.healthcheckMissing, service.place("healthcheck", "disable"), what)]
        }
        if service.healthcheck?.test.isEmpty ?? true, inImage == nil || inImage?.isDisabled == true {
            // An image that is pulled may have one of its own; only the engine knows.
            guard service.build == nil || build != nil, self.facts.images[service.name]?.hasHealthcheck != true else {
                return []
            }
            let where_ = build == nil ? "the compose file gives it none" : "neither Compose nor the image has one"
            return [
                Finding(.healthcheckMissing, service.place(), "service \(service.name) has no healthcheck: \(where_)")
            ]
        }
        if let build, let image, inImage == nil || inImage?.isDisabled == true {
            let earlier = build.file.stages.contains { stage in
                stage.instructions.contains { $0.keyword == "HEALTHCHECK" }
            }
            let hint = earlier ? " (a HEALTHCHECK of another stage does not count)" : ""
            let what = "the image of service \(service.name) has no HEALTHCHECK\(hint); only Compose has one"
            findings.append(Finding(.healthcheckMissing, Place(build.file.file, image), what))
        }

        let environment = self.environment(of: service)
        let value = { (name: String) in environment[name] }
        let imageProbe = inImage.flatMap { Probe($0.test, value: value) }
        let written = service.healthcheck
        let ownProbe = written.flatMap { $0.test.isEmpty ? nil : Probe($0.test, value: value) }
        for (check, probe) in [(inImage, imageProbe), (written, ownProbe)] {
            guard let check, let probe else { continue }
            if probe.failsOnErrorStatus == false {
                findings.append(Finding(.probeIgnoresStatus, check.testPlace, "the probe calls curl without --fail"))
            }
            if probe.hasUnexpandedVariable {
                let what = "the probe has a variable in its list form, which no shell replaces"
                findings.append(Finding(.probeVariableUnexpanded, check.testPlace, what))
            }
        }
        findings += self.toolFindings(service, inImage, imageProbe, ownProbe)
        findings += self.portFindings(service, inImage, imageProbe, ownProbe)
        findings += Self.timingFindings(service, inImage)
        if let imageProbe, let ownProbe, let written, imageProbe.path != ownProbe.path, let inImage {
            let what = "Compose asks \(ownProbe.path), the Dockerfile (line \(inImage.place.line)) \(imageProbe.path)"
            findings.append(Finding(.probePathMismatch, written.testPlace, what))
        }
        return findings
    }

    /// Ends by itself when its work is done: others wait for its end, or it says that nobody shall start it again.
    func isOneShot(_ service: ComposeService) -> Bool {
        if service.restart == "no" || service.restart == "false" { return true }
        return self.compose?.services.contains { other in
            other.dependsOn[service.name] == "service_completed_successfully"
        } ?? false
    }

    /// The last `HEALTHCHECK` of a stage or what it is built on.
    static func healthcheck(_ file: Dockerfile, _ stage: Dockerfile.Stage) -> Healthcheck? {
        let last = file.instructions(of: stage).last { $0.keyword == "HEALTHCHECK" }
        // It was read once before, when the file was.
        return last.flatMap { try? Healthcheck($0, file: file.file) }
    }

    /// What the process of `service` has in its environment, as far as the files say.
    func environment(of service: ComposeService) -> [String: String] {
        var environment: [String: String] = [:]
        if let build = self.build(of: service) {
            for variable in build.file.environment(of: build.stage) { environment[variable.name] = variable.value }
        }
        for setting in service.environment {
            environment[setting.name] = setting.value.flatMap { ShellText.expanded($0) { _ in nil } }
        }
        return environment
    }

    /// Where the process of `service` listens: PORT, else the only port that its image exposes.
    func port(of service: ComposeService) -> Int? {
        if let port = self.environment(of: service)["PORT"].flatMap({ Int($0) }) { return port }
        guard !service.environment.contains(where: { $0.name == "PORT" }) else { return nil }
        guard let build = self.build(of: service) else { return nil }
        let exposed = build.file.instructions(of: build.stage).filter { $0.keyword == "EXPOSE" }
            .flatMap { $0.arguments.split(whereSeparator: \.isWhitespace) }
        return exposed.count == 1 ? Int(exposed[0].prefix { $0 != "/" }) : nil
    }

    // MARK: One thing each

    /// Base images that are known to come without curl and wget.
    private static let bareImages: Set<String> = ["debian", "ubuntu", "scratch", "busybox", "alpine", "distroless"]

    private func toolFindings(
        _ service: ComposeService, _ inImage: Healthcheck?, _ imageProbe: Probe?, _ ownProbe: Probe?
    ) -> [Finding] {
        guard let tool = (ownProbe ?? imageProbe)?.tool, let build = self.build(of: service) else { return [] }
        let image = build.file.image(of: build.stage)
        let name = Path.name(image).prefix { $0 != ":" && $0 != "@" }
        let isBare =
            Self.bareImages.contains(String(name)) || image.contains("slim") || image.contains("alpine")
            || image.contains("distroless")
        // Busybox and Alpine bring a wget of their own.
        let hasWget = tool == "wget" && (image.contains("busybox") || image.contains("alpine"))
        guard isBare, !hasWget else { return [] }
        let isInstalled = build.file.instructions(of: build.stage).contains { instruction in
            ["RUN", "COPY", "ADD"].contains(instruction.keyword)
                && instruction.arguments.split { !($0.isLetter || $0.isNumber) }.contains { $0 == tool }
        }
        guard !isInstalled else { return [] }
        let what = "the probe calls \(tool), which is not in \(image) and is not installed in the stage that is built"
        return [Finding(.probeToolMissing, inImage?.place ?? service.place("healthcheck", "test"), what)]
    }

    private func portFindings(
        _ service: ComposeService, _ inImage: Healthcheck?, _ imageProbe: Probe?, _ ownProbe: Probe?
    ) -> [Finding] {
        var findings: [Finding] = []
        if let port = self.port(of: service) {
            let probes = [(ownProbe, service.healthcheck?.testPlace), (imageProbe, inImage?.place)]
            for case (let probe?, let place?) in probes where probe.port != port {
                let what = "the probe of service \(service.name) asks port \(probe.port), but it listens on \(port)"
                findings.append(Finding(.probePortMismatch, place, what))
            }
            let published = service.publishedPorts
            if !published.isEmpty, !published.contains(port), !published.contains(nil) {
                let ports = published.compactMap { $0.map(String.init) }.joined(separator: ", ")
                let what = "service \(service.name) publishes port \(ports) of the container, but it listens on \(port)"
                findings.append(Finding(.publishedPortMismatch, service.place("ports"), what))
            }
        } else if let ownProbe, let imageProbe, ownProbe.port != imageProbe.port {
            let what = "Compose asks port \(ownProbe.port), the Dockerfile \(imageProbe.port)"
            findings.append(Finding(.probePortMismatch, service.place("healthcheck", "test"), what))
        }
        return findings
    }

    private static func timingFindings(_ service: ComposeService, _ inImage: Healthcheck?) -> [Finding] {
        var findings: [Finding] = []
        let written = service.healthcheck
        if let written, let inImage {
            var differences: [(key: String, text: String)] = []
            func compare<Value: Equatable>(_ name: String, _ own: Value?, _ image: Value?, _ text: (Value) -> String) {
                guard let own, let image, own != image else { return }
                differences.append((name, "\(name) \(text(own)) against \(text(image))"))
            }
            compare("interval", written.interval, inImage.interval) { $0.text }
            compare("timeout", written.timeout, inImage.timeout) { $0.text }
            compare("start_period", written.startPeriod, inImage.startPeriod) { $0.text }
            compare("retries", written.retries, inImage.retries) { "\($0)" }
            if let first = differences.first {
                let what =
                    "Compose and the Dockerfile (line \(inImage.place.line)) disagree: "
                    + differences.map(\.text).joined(separator: ", ")
                findings.append(Finding(.probeTimingMismatch, service.place("healthcheck", first.key), what))
            }
        }
        var checks: [Healthcheck] = inImage.map { [$0] } ?? []
        if let written { checks.append(written.merged(over: inImage)) }
        for check in checks where check.interval != nil || check.timeout != nil {
            let interval = check.interval ?? Healthcheck.standard.interval
            let timeout = check.timeout ?? Healthcheck.standard.timeout
            guard timeout >= interval else { continue }
            let what = "timeout \(timeout.text) with interval \(interval.text)"
            let isWritten = check.place == written?.place
            let place = isWritten ? service.place("healthcheck", "timeout") : check.place
            findings.append(Finding(.timeoutNotBelowInterval, place, what))
        }
        return findings
    }
}
