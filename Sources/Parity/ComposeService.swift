import Compose
import YAML

/// One service of a Compose file. Every member is read from the form that is written and from the one that Compose prints.
struct ComposeService: Sendable {
    struct Build: Sendable {
        /// Relative to the compose file's folder.
        let context: String
        /// Relative to the compose file's folder.
        let dockerfile: String
        let target: String?
        let arguments: [Setting]
    }

    /// A name and its value; nil when it comes from the environment of whoever calls Compose.
    struct Setting: Sendable {
        let name: String
        /// Variables stand as they are written.
        let value: String?
        let place: Place
    }

    struct Volume: Sendable {
        /// A volume's name or a path; nil for an anonymous volume.
        let source: String?
        let target: String
    }

    let name: String
    let node: YAMLNode
    let place: Place
    let image: String?
    let build: Build?
    let environment: [Setting]
    /// Nil when the service says nothing about it.
    let healthcheck: Healthcheck?
    let restart: String?
    /// The condition by the name of the other service.
    let dependsOn: [String: String]
    /// The container's side of what is published; nil for what can't be told.
    let publishedPorts: [Int?]
    let volumes: [Volume]

    private let lines: ComposeLines

    init(name: String, node: YAMLNode, lines: ComposeLines, folder: String) {
        self.name = name
        self.node = node
        self.lines = lines
        self.place = lines.place(["services", name])
        self.image = node["image"]?.text
        self.environment = Self.settings(node["environment"], lines, ["services", name, "environment"])
        self.build = node["build"].flatMap { Self.build($0, name, lines, folder) }
        self.restart = node["restart"]?.text ?? (node["deploy"]?["restart_policy"] == nil ? nil : "deploy")
        self.publishedPorts = (node["ports"]?.elements ?? []).map(Self.containerPort)
        self.volumes = (node["volumes"]?.elements ?? []).compactMap(Self.volume)
        self.healthcheck = node["healthcheck"].map { check in
            let path = ["services", name, "healthcheck"]
            return Healthcheck(check, place: lines.place(path), testPlace: lines.place(path + ["test"]))
        }
        var dependsOn: [String: String] = [:]
        for element in node["depends_on"]?.elements ?? [] {
            if let other = element.text { dependsOn[other] = "service_started" }
        }
        for entry in node["depends_on"]?.entries ?? [] {
            if let other = entry.key.text { dependsOn[other] = entry.value["condition"]?.text ?? "service_started" }
        }
        self.dependsOn = dependsOn
    }

    /// Where `keys` below the service are written, or what of them is.
    func place(_ keys: String...) -> Place { self.lines.place(["services", self.name] + keys) }

    // MARK: Forms

    /// `NAME: value`, or a list of `NAME=value`.
    private static func settings(_ node: YAMLNode?, _ lines: ComposeLines, _ path: [String]) -> [Setting] {
        if let entries = node?.entries {
            return entries.compactMap { entry in
                guard let name = entry.key.text, name != "<<" else { return nil }
                let value = entry.value.isNull ? nil : entry.value.text
                return Setting(name: name, value: value, place: lines.place(path + [name]))
            }
        }
        return (node?.elements ?? []).compactMap { element in
            guard let text = element.text else { return nil }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return Setting(
                name: parts[0], value: parts.count > 1 ? parts[1] : nil, place: lines.place(path + [parts[0]]))
        }
    }

    private static func build(_ node: YAMLNode, _ name: String, _ lines: ComposeLines, _ folder: String) -> Build? {
        guard node.entries != nil || !(node.text ?? "").isEmpty else { return nil }
        let written = node.text ?? node["context"]?.text ?? "."
        let context = Path.normal(written == folder ? "." : Path.below(folder, written))
        return Build(
            context: context, dockerfile: Path.normal("\(context)/\(node["dockerfile"]?.text ?? "Dockerfile")"),
            target: node["target"]?.text.flatMap { $0.isEmpty ? nil : $0 },
            arguments: self.settings(node["args"], lines, ["services", name, "build", "args"]))
    }

    /// `3000`, `8080:3000`, `127.0.0.1:8080:3000/tcp` or `target: 3000`.
    private static func containerPort(_ node: YAMLNode) -> Int? {
        let text = node["target"]?.text ?? node.text ?? ""
        // A variable on the host's side may hold colons and says nothing about the container's.
        let known = ShellText.expanded(text) { _ in nil } ?? Self.withoutVariables(text)
        let last = known.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        return Int(last.prefix { $0 != "/" })
    }

    private static func withoutVariables(_ text: String) -> String {
        var depth = 0
        return text.filter { character in
            if character == "{" { depth += 1 }
            defer { if character == "}" { depth -= 1 } }
            return depth == 0
        }
    }

    /// `name:/path:ro`, `/path`, or `source: name` and `target: /path`.
    private static func volume(_ node: YAMLNode) -> Volume? {
        if let target = node["target"]?.text {
            return Volume(source: node["source"]?.text, target: target)
        }
        let parts = (node.text ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1 where !parts[0].isEmpty: return Volume(source: nil, target: parts[0])
        case 2...: return Volume(source: parts[0], target: parts[1])
        default: return nil
        }
    }
}

extension Healthcheck {
    fileprivate init(_ node: YAMLNode, place: Place, testPlace: Place) {
        self.init(place: place, testPlace: testPlace)
        if node["disable"]?.bool == true {
            self.test = ["NONE"]
        } else if let line = node["test"]?.text, !line.isEmpty {
            self.test = line == "NONE" ? ["NONE"] : ["CMD-SHELL", line.replacing("$$", with: "$")]
        } else {
            // Compose writes a dollar that is meant for the container twice.
            self.test = (node["test"]?.elements ?? []).compactMap { $0.text?.replacing("$$", with: "$") }
        }
        func duration(_ key: String) -> Duration? { node[key]?.text.flatMap { Duration(compose: $0) } }
        self.interval = duration("interval")
        self.timeout = duration("timeout")
        self.startPeriod = duration("start_period")
        self.retries = node["retries"]?.text.flatMap { Int($0) }
    }
}
