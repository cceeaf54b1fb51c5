import YAML

extension Project {
    /// What is wrong with the blueprints, alone and beside the other files.
    var blueprintFindings: [Finding] {
        var findings = self.blueprints.flatMap { blueprint in
            blueprint.shapeFaults.map { Finding(.blueprintMalformed, Place(blueprint.file, $0.line), $0.what) }
                + Self.keyFindings(blueprint) + Self.settingFindings(blueprint)
                + blueprint.services.flatMap { self.findings(blueprint, $0) }
        }
        for (index, blueprint) in self.blueprints.enumerated() {
            for earlier in self.blueprints[..<index] { findings += Self.disagreements(blueprint, earlier) }
        }
        return findings
    }

    // MARK: One service

    private func findings(_ blueprint: Blueprint, _ service: Blueprint.Service) -> [Finding] {
        var findings: [Finding] = []
        func line(_ key: String) -> Place {
            Place(blueprint.file, service.node.entry(key)?.key.line ?? service.place.line)
        }
        if service.isWeb, service.healthCheckPath?.isEmpty ?? true {
            findings.append(
                Finding(.healthPathMissing, service.place, "web service \(service.name) has no healthCheckPath"))
        }
        guard service.isWeb, let counterpart = self.counterpart(of: service) else { return findings }
        guard service.runtime == "docker" else {
            let runtime = service.runtime ?? "none"
            let what =
                "\(service.name) has the runtime \(runtime), but Compose builds \(counterpart.name) from a Dockerfile"
            let key = service.node.entry("runtime") == nil ? "env" : "runtime"
            return findings + [Finding(.blueprintRuntimeMismatch, line(key), what)]
        }
        if let build = counterpart.build, build.dockerfile != service.dockerfile,
            // One that is missing is said elsewhere, and is the whole fault.
            case .some(.some) = self.facts.dockerfiles[service.dockerfile],
            case .some(.some) = self.facts.dockerfiles[build.dockerfile]
        {
            let what =
                "\(service.name) is built from \(service.dockerfile), service \(counterpart.name) of Compose from "
                + build.dockerfile
            findings.append(Finding(.blueprintDockerfileMismatch, line("dockerfilePath"), what))
        }
        if let port = self.port(of: counterpart), let setting = service.settings.last(where: { $0.name == "PORT" }),
            let value = setting.value, Int(value) != port
        {
            let what = "PORT is \(value) here, and \(port) for service \(counterpart.name) of Compose"
            findings.append(Finding(.blueprintPortMismatch, setting.place, what))
        }
        findings += self.missingSettings(service, counterpart, line("envVars"))
        if let answer = self.facts.healthPathAnswers[counterpart.name], let path = service.healthCheckPath,
            let limit = RateLimit(answer: answer), limit.mayMeetProbes
        {
            findings.append(Finding(.healthPathRateLimited, line("healthCheckPath"), "\(path) answers \(limit)"))
        }
        return findings
    }

    /// What Compose gives the service and Render does not. PORT comes from Render; what the image sets is there anyway;
    /// one DATABASE_URL stands for libpq's PG variables.
    private func missingSettings(
        _ service: Blueprint.Service, _ counterpart: ComposeService, _ place: Place
    ) -> [Finding] {
        let here = Set(service.settings.map(\.name))
        var given: Set<String> = ["PORT"]
        if let build = self.build(of: counterpart) {
            given.formUnion(build.file.environment(of: build.stage).map(\.name))
        }
        return counterpart.environment.map(\.name).filter { name in
            !here.contains(name) && !given.contains(name)
                && !(name.hasPrefix("PG") && here.contains("DATABASE_URL"))
        }
        .map { name in
            let what = "\(service.name) has no \(name), which service \(counterpart.name) of Compose gets"
            return Finding(.settingMissing, place, what)
        }
    }

    // MARK: One blueprint

    private static func settingFindings(_ blueprint: Blueprint) -> [Finding] {
        var findings: [Finding] = []
        var seen: Set<Place> = []
        for setting in blueprint.services.flatMap(\.settings) + blueprint.groupSettings
        where seen.insert(setting.place).inserted {
            if !setting.hasSource {
                findings.append(
                    Finding(.settingWithoutValue, setting.place, "\(setting.name) gets no value from anywhere"))
            }
            if Secrets.isSecret(name: setting.name), let value = setting.value, !value.isEmpty {
                let line = setting.node.entry("value")?.key.line ?? setting.place.line
                let place = Place(blueprint.file, line)
                findings.append(Finding(.secretValue, place, "\(setting.name) has a value in the file"))
            }
        }
        for service in blueprint.services {
            var lines: [String: Int] = [:]
            for setting in service.settings {
                if let line = lines[setting.name] {
                    let what = "\(service.name) has \(setting.name) in line \(line) already"
                    findings.append(Finding(.settingTwice, setting.place, what))
                }
                lines[setting.name] = setting.place.line
            }
        }
        return findings
    }

    private static func keyFindings(_ blueprint: Blueprint) -> [Finding] {
        var findings: [Finding] = []
        for (what, node) in blueprint.knownMappings {
            guard let known = Blueprint.keys[what] else { continue }
            for entry in node.entries ?? [] {
                guard let key = entry.key.text, key != "<<" else { continue }
                let place = Place(blueprint.file, entry.key.line)
                if !known.contains(key) {
                    let near = Similarity.nearest(to: key, in: known).map { " (did you mean \($0)?)" } ?? ""
                    findings.append(Finding(.unknownKey, place, "\(what) has no key \"\(key)\"\(near)"))
                } else if let new = Blueprint.newNames[key], what != "a database" {
                    findings.append(Finding(.deprecatedKey, place, "\"\(key)\" is called \(new) in newer blueprints"))
                }
            }
        }
        return findings
    }

    // MARK: Two blueprints

    private static func disagreements(_ blueprint: Blueprint, _ earlier: Blueprint) -> [Finding] {
        var findings: [Finding] = []
        for service in blueprint.services {
            guard let other = earlier.services.first(where: { $0.name == service.name && !$0.name.isEmpty }) else {
                continue
            }
            func names(_ service: Blueprint.Service) -> String {
                service.settings.map(\.name).sorted().joined(separator: " ")
            }
            let pairs = [
                ("healthCheckPath", service.healthCheckPath, other.healthCheckPath),
                ("the runtime", service.runtime, other.runtime), ("the type", service.type, other.type),
                ("the Dockerfile", service.dockerfile, other.dockerfile), ("envVars", names(service), names(other)),
            ]
            let differing = pairs.filter { $0.1 != $0.2 }.map(\.0)
            guard !differing.isEmpty else { continue }
            let what =
                "\(service.name) differs from \(earlier.file) (line \(other.place.line)) in "
                + differing.joined(separator: ", ")
            findings.append(Finding(.blueprintsDisagree, service.place, what))
        }
        return findings
    }
}
