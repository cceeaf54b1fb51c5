extension Project {
    /// What is wrong with the services beside their probes.
    var composeFindings: [Finding] {
        guard let compose = self.compose else { return [] }
        var findings: [Finding] = []
        if let place = compose.place(ofTopLevel: "version") {
            findings.append(Finding(.composeIgnoredKey, place, "\"version\" has no meaning any more"))
        }
        for service in compose.services {
            findings += Self.ignoredKeys(service) + self.dependencyFindings(service) + Self.volumeFindings(service)
            if service.restart == nil, !self.isOneShot(service) {
                findings.append(
                    Finding(.restartMissing, service.place(), "service \(service.name) has no restart policy"))
            }
            findings += self.targetFindings(service)
        }
        return findings
    }

    /// Only Swarm acts on these.
    private static let swarmKeys = ["update_config", "rollback_config", "placement", "endpoint_mode", "labels"]

    private static func ignoredKeys(_ service: ComposeService) -> [Finding] {
        guard let deploy = service.node["deploy"] else { return [] }
        return self.swarmKeys.filter { deploy[$0] != nil }.map { key in
            let detail = deploy[key]?["failure_action"]?.text.map { " (failure_action: \($0) does not happen)" } ?? ""
            let what = "service \(service.name) has deploy.\(key), which only Swarm acts on\(detail)"
            return Finding(.composeIgnoredKey, service.place("deploy", key), what)
        }
    }

    private func dependencyFindings(_ service: ComposeService) -> [Finding] {
        service.dependsOn.sorted { $0.key < $1.key }.compactMap { name, condition in
            guard condition == "service_started", let other = self.compose?.services.first(where: { $0.name == name }),
                let check = other.healthcheck, !check.isDisabled, !check.test.isEmpty
            else { return nil }
            let what = "service \(service.name) waits for the start of \(name), not for its health"
            return Finding(.dependencyNotAwaited, service.place("depends_on", name), what)
        }
    }

    /// Where the images of databases keep their data.
    private static let dataFolders = [
        "postgres": "/var/lib/postgresql/data", "mysql": "/var/lib/mysql", "mariadb": "/var/lib/mysql",
        "mongo": "/data/db",
    ]

    private static func volumeFindings(_ service: ComposeService) -> [Finding] {
        guard let image = service.image, let folder = self.dataFolders[String(Path.name(image).prefix { $0 != ":" })]
        else { return [] }
        let isKept = service.volumes.contains { volume in
            volume.source?.isEmpty == false && (volume.target == folder || folder.hasPrefix(volume.target + "/"))
        }
        if isKept { return [] }
        let what = "service \(service.name) (\(image)) has no named volume on \(folder)"
        return [Finding(.databaseVolumeMissing, service.place(), what)]
    }

    private func targetFindings(_ service: ComposeService) -> [Finding] {
        guard let build = service.build, let target = build.target, let file = self.dockerfiles[build.dockerfile] else {
            return []
        }
        guard let stage = file.stage(target) else {
            let what = "\(build.dockerfile) has no stage \(target)"
            return [Finding(.dockerfileMalformed, service.place("build", "target"), what)]
        }
        let isOnRender = self.blueprints.flatMap(\.services).contains { service in
            service.runtime == "docker" && service.dockerfile == build.dockerfile
        }
        guard isOnRender, stage.line != file.stages.last?.line else { return [] }
        let what = "service \(service.name) is stage \(target) of \(build.dockerfile), which is not the last one"
        return [Finding(.buildTargetMismatch, service.place("build", "target"), what)]
    }
}
