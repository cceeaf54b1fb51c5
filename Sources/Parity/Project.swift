import YAML

/// The files of a project, read as what they are, and what is wrong with reading them.
struct Project: Sendable {
    let facts: Facts
    private(set) var compose: ComposeFile?
    /// By path.
    private(set) var dockerfiles: [String: Dockerfile] = [:]
    private(set) var blueprints: [Blueprint] = []
    /// Found while reading.
    private(set) var findings: [Finding] = []

    init(_ facts: Facts) {
        self.facts = facts
        self.compose = self.readCompose()
        for file in facts.blueprints {
            guard let root = self.tree(file, .blueprintMalformed) else { continue }
            self.blueprints.append(Blueprint(file: file.path, root: root))
        }
        for (path, reason) in facts.unreadable where facts.dockerfiles[path] == nil {
            self.findings.append(Finding(.blueprintMalformed, Place(path, 1), "it can't be read: \(reason)"))
        }
        for (path, text) in facts.dockerfiles.sorted(by: { $0.key < $1.key }) {
            guard let text else { continue }
            do throws(DockerfileError) {
                self.dockerfiles[path] = try Dockerfile(parsing: text, file: path)
            } catch {
                self.findings.append(Finding(.dockerfileMalformed, Place(path, error.line), error.message))
            }
        }
        self.findings += self.missingDockerfiles
    }

    /// The Dockerfile that `service` is built from, where it has been read, and the stage that is built.
    func build(of service: ComposeService) -> (file: Dockerfile, stage: Dockerfile.Stage)? {
        guard let build = service.build, let file = self.dockerfiles[build.dockerfile] else { return nil }
        return file.stage(build.target).map { (file, $0) }
    }

    /// The services of Compose that are built, and so are this project's own.
    var built: [ComposeService] { self.compose?.services.filter { $0.build != nil } ?? [] }

    /// The service of Compose that `service` of a blueprint is in production: built from the same Dockerfile, else the
    /// only one that is built, else the one of its name.
    func counterpart(of service: Blueprint.Service) -> ComposeService? {
        let built = self.built
        return built.first { $0.build?.dockerfile == service.dockerfile } ?? (built.count == 1 ? built[0] : nil)
            ?? built.first { $0.name == service.name }
    }

    // MARK: Reading

    private mutating func readCompose() -> ComposeFile? {
        let file = self.facts.compose
        guard let source = self.tree(file, .composeMalformed) else { return nil }
        var meaning: YAMLNode?
        switch self.facts.composeReading {
        // JSON is YAML, but for the rarest texts; and the same code reads what is written and what it means.
        case .meaning(let json):
            meaning = (try? YAMLNode(parsing: json)).flatMap { $0["services"] == nil ? nil : $0 }
        case .refused(let complaint):
            // Compose refuses doubled keys too.
            if !self.findings.contains(where: { $0.check == .duplicateKey }) {
                let place = Self.place(of: complaint, ComposeLines(file: file.path, source: source))
                self.findings.append(Finding(.composeMalformed, place, "Compose says: \(complaint)"))
            }
        case .notAsked: break
        }
        return ComposeFile(file: file.path, source: source, meaning: meaning, folder: self.facts.folder)
    }

    /// The line that a complaint of Compose is about: it names keys (`services.app.restart must be a string`), or a line.
    private static func place(of complaint: String, _ lines: ComposeLines) -> Place {
        let words = complaint.split(separator: " ").map { $0.filter { !"\"':,".contains($0) } }
        var keys = words.first { $0.hasPrefix("services.") || $0.hasPrefix("volumes.") }?
            .split(separator: ".").map(String.init)
        if let property = words.firstIndex(of: "property"), property + 1 < words.count {
            keys = (keys ?? []) + [words[property + 1]]
        }
        if let keys { return lines.place(keys) }
        if let line = words.firstIndex(of: "line"), line + 1 < words.count, let number = Int(words[line + 1]) {
            return Place(lines.file, max(1, number))
        }
        return Place(lines.file, 1)
    }

    private mutating func tree(_ file: Facts.TextFile, _ check: Check) -> YAMLNode? {
        do throws(YAMLError) {
            let root = try YAMLNode(parsing: file.text)
            guard root.entries != nil else {
                self.findings.append(Finding(check, Place(file.path, 1), "there is no mapping at its top"))
                return nil
            }
            self.findings += Self.duplicateKeys(root, file.path)
            return root
        } catch {
            self.findings.append(Finding(check, Place(file.path, error.line), error.message))
            return nil
        }
    }

    private static func duplicateKeys(_ node: YAMLNode, _ file: String) -> [Finding] {
        var findings = (node.elements ?? []).flatMap { self.duplicateKeys($0, file) }
        var lines: [String: Int] = [:]
        for entry in node.entries ?? [] {
            if let key = entry.key.text, key != "<<" {
                if let line = lines[key] {
                    let what = "the key \"\(key)\" stands in line \(line) already"
                    findings.append(Finding(.duplicateKey, Place(file, entry.key.line), what))
                }
                lines[key] = entry.key.line
            }
            findings += self.duplicateKeys(entry.value, file)
        }
        return findings
    }

    private var missingDockerfiles: [Finding] {
        func isMissing(_ path: String) -> Bool {
            if case .some(.none) = self.facts.dockerfiles[path] { return true }
            return false
        }
        func fault(_ path: String) -> String {
            self.facts.unreadable[path].map { "can't be read: \($0)" } ?? "is not there"
        }
        var findings: [Finding] = []
        for service in self.built {
            guard let build = service.build, isMissing(build.dockerfile) else { continue }
            let what = "service \(service.name) is built from \(build.dockerfile), which \(fault(build.dockerfile))"
            findings.append(Finding(.dockerfileMissing, service.place("build", "dockerfile"), what))
        }
        for blueprint in self.blueprints {
            for service in blueprint.services where service.runtime == "docker" && isMissing(service.dockerfile) {
                let line = service.node.entry("dockerfilePath")?.key.line ?? service.place.line
                let what = "\(service.name) is built from \(service.dockerfile), which \(fault(service.dockerfile))"
                findings.append(Finding(.dockerfileMissing, Place(blueprint.file, line), what))
            }
        }
        return findings
    }
}
