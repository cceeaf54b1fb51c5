import Compose
import Docker
import EventLoop
import FoundationEssentials
import Support

extension FactsReader {
    /// How long the engine may take for each call.
    private static nonisolated let engineLimit = Duration.seconds(10)
    /// How long it may take to hand over an image, of several hundred megabytes.
    private static nonisolated let imageLimit = Duration.seconds(120)

    /// Reads what the engine knows of the project: its images, its containers, and what one of them answers.
    mutating func readEngine(_ engine: Result<Engine, EngineError>) async {
        let project = Project(self.facts)
        guard let compose = project.compose else { return }
        do throws(EngineError) {
            let engine = try engine.get()
            try await engine.ping(within: Self.engineLimit)
            guard case .meaning(let json) = self.facts.composeReading, let name = Self.projectName(json) else {
                self.facts.notChecked.append("what runs: without Compose the project's name is not known")
                return
            }
            for service in compose.services { try await self.readImage(of: service, project: name, engine) }
            let running = try await self.readContainers(project: name, engine)
            if !running.isEmpty { await self.readHashes() }
            await self.askHealthPaths(project, running, engine)
        } catch {
            self.facts.notChecked.append("what runs, and what the images hold: \(error)")
        }
        await self.readJournal()
    }

    private static nonisolated func projectName(_ json: String) -> String? {
        struct Wire: Decodable { let name: String }
        return (try? JSONDecoder().decode(Wire.self, from: Data(json.utf8)))?.name
    }

    private mutating func readImage(
        of service: ComposeService, project: String, _ engine: Engine
    ) async throws(EngineError) {
        // What is named with a variable can't be known here.
        guard let name = ShellText.expanded(service.image ?? "\(project)-\(service.name)", { _ in nil }) else { return }
        do throws(EngineError) {
            let image = try await engine.image(name, within: Self.engineLimit)
            let history = service.build == nil ? [] : try await engine.imageHistory(name, within: Self.engineLimit)
            self.facts.images[service.name] = Facts.Image(
                id: image.id, hasHealthcheck: image.healthcheck != nil, environment: image.environment,
                history: history)
            if service.build != nil { try await self.readLayers(of: name, service.name, engine) }
        } catch {
            guard error.code == .notFound else { throw error }
            // What others made needs no look. What only a profile has may never be wanted.
            if service.build != nil, service.node["profiles"] == nil {
                self.facts.notChecked.append("secrets in the image of \(service.name): \(name) is not built here")
            }
        }
    }

    private mutating func readLayers(
        of image: String, _ service: String, _ engine: Engine
    ) async throws(EngineError) {
        var layers = ImageLayers()
        try await engine.save(image, within: Self.imageLimit) { layers.read($0) }
        self.facts.images[service]?.secretFiles = layers.found
        for (what, count) in layers.unread.sorted(by: { $0.key < $1.key }) {
            self.facts.notChecked.append("secrets in \(count) layers of the image of \(service): each is \(what)")
        }
        if !layers.hasSeenLayer, layers.unread.isEmpty {
            self.facts.notChecked.append("secrets in the layers of the image of \(service): none could be found")
        }
    }

    /// - Returns: the ids of what runs, by service.
    private mutating func readContainers(
        project: String, _ engine: Engine
    ) async throws(EngineError) -> [String: String] {
        var running: [String: String] = [:]
        let labels = ["\(ComposeLabels.project)=\(project)"]
        for summary in try await engine.containers(labels: labels, within: Self.engineLimit) {
            guard summary.state == .running, summary.labels[ComposeLabels.oneoff] != "True",
                let service = summary.labels[ComposeLabels.service]
            else { continue }
            do throws(EngineError) {
                let details = try await engine.inspect(summary.id, within: Self.engineLimit)
                self.facts.containers.append(Facts.Container(service: service, details))
                running[service] = summary.id
            } catch {
                // Gone since it was listed.
                guard error.code == .notFound else { throw error }
            }
        }
        return running
    }

    private mutating func readHashes() async {
        do throws(ComposeError) {
            let hashes = try await self.compose.configHashes(within: Self.limit)
            self.facts.configHashes = hashes
        } catch {
            self.facts.notChecked.append("whether what runs has the configuration of the files: \(error)")
        }
    }

    /// Asks each running counterpart of a web service once what Render would ask, for the headers that tell its limit.
    private mutating func askHealthPaths(_ project: Project, _ running: [String: String], _ engine: Engine) async {
        for service in project.blueprints.flatMap(\.services) where service.isWeb {
            guard let path = service.healthCheckPath, path.hasPrefix("/"),
                let counterpart = project.counterpart(of: service)
            else { continue }
            guard let id = running[counterpart.name], let port = project.port(of: counterpart) else {
                let what = "whether \(path) could be answered with 429: \(counterpart.name) does not run here"
                self.facts.notChecked.append(what)
                continue
            }
            let url = "http://localhost:\(port)\(path)"
            let command = ["curl", "-s", "-m", "5", "-o", "/dev/null", "-D", "-", url]
            let result = try? await engine.run(command, in: id, within: Self.engineLimit)
            if let result, result.exitCode == 0 {
                self.facts.healthPathAnswers[counterpart.name] = result.stdout
            } else {
                self.facts.notChecked.append("whether \(path) could be answered with 429: it gave no answer")
            }
        }
    }

    private mutating func readJournal() async {
        let path = self.journal
        let boots = await onOwnThread {
            var boots = MeasuredBoots()
            for name in ["\(path).1", path] {
                for line in ((try? SourceFiles.text(name)) ?? "").split(separator: "\n") { boots.take(line) }
            }
            return boots.longest
        }
        self.facts.boots = boots
    }
}

extension Facts.Container {
    fileprivate init(service: String, _ details: ContainerDetails) {
        self.init(
            service: service, name: details.name, imageID: details.imageID,
            configHash: details.labels[ComposeLabels.configHash], restartPolicy: details.restartPolicy.name,
            healthcheck: details.healthcheck.map { check in
                Facts.Check(
                    test: check.test, interval: check.interval, timeout: check.timeout,
                    startPeriod: check.startPeriod, retries: check.retries)
            },
            failingAfterStart: details.failingAfterStart)
    }
}

extension ContainerDetails {
    /// How long after its start the last check failed before the first one passed. The engine keeps the last five checks,
    /// those of earlier runs too: only when those since the start are all there can the first one be told.
    var failingAfterStart: Duration? {
        guard let startedAt = self.startedAt, let checks = self.health?.checks else { return nil }
        let own = checks.filter { $0.start >= startedAt }
        guard own.count < checks.count || checks.count < 5 else { return nil }
        guard let first = own.firstIndex(where: { $0.exitCode == 0 }), first > 0 else { return nil }
        return own[first - 1].end.duration(since: startedAt)
    }
}
