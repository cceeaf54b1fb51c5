import YAML

/// Takes ``Blueprint`` out of a YAML tree, and says of what is wrong where it stands.
struct BlueprintReader {
    let file: String

    /// Keys of a service that change how it runs and that the rehearsal leaves out.
    private static let notRehearsed = [
        "rootDir", "dockerCommand", "preDeployCommand", "disk", "scaling", "numInstances", "registryCredential",
    ]

    func service(_ node: YAMLNode, databases: [Blueprint.Database]) throws(RenderError) -> Blueprint.Service {
        let name = try self.name(in: node, of: "a web service")
        for (index, entry) in (node.entries ?? []).enumerated() {
            if let key = entry.key.text, node.entries?.prefix(index).contains(where: { $0.key.text == key }) == true {
                throw self.error(entry.key, "\(key) of \(name) stands there twice")
            }
        }
        guard let runtime = node["runtime"] ?? node["env"] else {
            throw self.error(node, "\(name) has no runtime (or env)")
        }
        guard runtime.text == "docker" else {
            throw self.error(runtime, "\(name) has runtime \(runtime.text ?? "?"); only docker can be rehearsed")
        }
        var notes = Self.notRehearsed.compactMap { key in
            node.entry(key).map { "\(self.file):\($0.key.line): \(key) is not rehearsed" }
        }
        var variables: [Blueprint.Variable] = []
        var source: String?
        for entry in try self.list("envVars", in: node) {
            if let variable = try self.variable(entry, databases: databases) {
                variables.append(variable)
                guard case .database(let database, _) = variable.source else { continue }
                guard source == nil || source == database else {
                    throw self.error(entry, "\(name) has a second database, \(database); one can be rehearsed")
                }
                source = database
            } else {
                notes.append("\(self.file):\(entry.line): fromService and fromGroup are not rehearsed")
            }
        }
        if let entry = variables.first(where: { $0.key == "PORT" }), case .value(let port) = entry.source {
            notes.append(
                "\(self.file) sets PORT to \(port), which Render would use; the rehearsal takes \(RenderRules.port), "
                    + "to see that the setting is heeded")
        }
        return Blueprint.Service(
            name: name, line: node.line, dockerfile: try self.path("dockerfilePath", in: node) ?? "./Dockerfile",
            context: try self.path("dockerContext", in: node) ?? ".", healthCheckPath: try self.healthPath(node),
            plan: try self.plan(node), shutdownDelay: try self.shutdownDelay(node),
            host: try self.host(node) ?? "\(Self.hostLabel(name)).onrender.com", variables: variables, notes: notes)
    }

    func database(_ node: YAMLNode) throws(RenderError) -> Blueprint.Database {
        let name = try self.name(in: node, of: "a database")
        let version = node["postgresMajorVersion"]
        if let version, version.text.flatMap({ UInt8($0) }) == nil {
            throw self.error(version, "postgresMajorVersion is no number such as \"15\"")
        }
        // Render derives both from the name where they are not given.
        let derived = Self.hostLabel(name).replacing("-", with: "_")
        return Blueprint.Database(
            name: name, databaseName: try self.identifier("databaseName", in: node) ?? derived,
            user: try self.identifier("user", in: node) ?? derived,
            majorVersion: version?.text ?? "15")
    }

    /// Nil for one that comes from elsewhere than this file can tell.
    private func variable(
        _ node: YAMLNode, databases: [Blueprint.Database]
    ) throws(RenderError) -> Blueprint.Variable? {
        if node["fromGroup"] != nil || node["fromService"] != nil { return nil }
        let key = try self.required("key", in: node, of: "an environment variable")
        guard !key.contains("="), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw self.error(node, "the key of an environment variable has spaces, = or no ASCII")
        }
        if node["generateValue"]?.bool == true { return Blueprint.Variable(key: key, source: .generated) }
        if node["sync"]?.bool == false { return Blueprint.Variable(key: key, source: .asked) }
        if let value = node["value"], !value.isNull {
            guard let text = value.text, !text.utf8.contains(0) else {
                throw self.error(value, "the value of \(key) is no text")
            }
            return Blueprint.Variable(key: key, source: .value(text))
        }
        guard let reference = node["fromDatabase"] else {
            throw self.error(node, "\(key) has no value, generateValue: true, sync: false or fromDatabase")
        }
        let database = try self.required("name", in: reference, of: "fromDatabase")
        let property = try self.required("property", in: reference, of: "fromDatabase")
        guard databases.contains(where: { $0.name == database }) else {
            throw self.error(reference, "\(key) comes from the database \(database), which is not in the file")
        }
        guard DatabaseProperty(rawValue: property) != nil else {
            let known = DatabaseProperty.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.error(reference, "\(key): a database has no property \(property) (it has: \(known))")
        }
        return Blueprint.Variable(key: key, source: .database(name: database, property: property))
    }

    private func plan(_ node: YAMLNode) throws(RenderError) -> RenderRules.Plan {
        let name = node["plan"]?.text ?? RenderRules.planByDefault
        do { return try RenderRules.Plan(named: name) } catch {
            throw self.error(node["plan"] ?? node, error.message)
        }
    }

    private func shutdownDelay(_ node: YAMLNode) throws(RenderError) -> Duration {
        guard let value = node["maxShutdownDelaySeconds"] else { return .seconds(RenderRules.shutdownSeconds) }
        guard let seconds = value.int, RenderRules.shutdownSecondsAllowed.contains(seconds) else {
            throw self.error(value, "maxShutdownDelaySeconds is no whole number from 1 to 300")
        }
        return .seconds(seconds)
    }

    private func healthPath(_ node: YAMLNode) throws(RenderError) -> String? {
        guard let value = node["healthCheckPath"], !value.isNull else { return nil }
        guard let path = value.text, path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw self.error(value, "healthCheckPath does not begin with / or has spaces")
        }
        return path
    }

    private func host(_ node: YAMLNode) throws(RenderError) -> String? {
        guard let value = try self.list("domains", in: node).first else { return nil }
        guard let host = value.text, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw self.error(value, "this is no domain")
        }
        return host
    }

    private func path(_ key: String, in node: YAMLNode) throws(RenderError) -> String? {
        guard let value = node[key] else { return nil }
        guard let path = value.text, !path.isEmpty else { throw self.error(value, "\(key) is no path") }
        return path
    }

    /// Where lists of services and databases may stand: at the top, in `ungrouped`, in the environments of projects.
    func scopes(_ root: YAMLNode) throws(RenderError) -> [YAMLNode] {
        var scopes = [root]
        if let ungrouped = root["ungrouped"] { scopes.append(ungrouped) }
        for project in try self.list("projects", in: root) { scopes += try self.list("environments", in: project) }
        return scopes
    }

    /// The type of a service.
    func type(of node: YAMLNode) throws(RenderError) -> String { try self.required("type", in: node, of: "a service") }

    /// The elements of what must be a list; none where it is not there.
    func list(_ key: String, in node: YAMLNode) throws(RenderError) -> [YAMLNode] {
        guard let value = node[key], !value.isNull else { return [] }
        guard let elements = value.elements else { throw self.error(value, "\(key) is no list") }
        return elements
    }

    private func name(in node: YAMLNode, of what: String) throws(RenderError) -> String {
        let name = try self.required("name", in: node, of: what)
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !Self.hostLabel(name).isEmpty else {
            throw self.error(node, "the name of \(what) has control characters, or no letter and digit")
        }
        return name
    }

    /// The name as part of a host: small letters and digits, dashes for what is between them.
    private static func hostLabel(_ name: String) -> String {
        name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    }

    private func identifier(_ key: String, in node: YAMLNode) throws(RenderError) -> String? {
        guard let value = node[key] else { return nil }
        guard let text = value.text, !text.isEmpty,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
        else { throw self.error(value, "\(key) has other characters than letters, digits, _ and -") }
        return text
    }

    private func required(_ key: String, in node: YAMLNode, of what: String) throws(RenderError) -> String {
        guard let value = node[key]?.text, !value.isEmpty else { throw self.error(node, "\(what) has no \(key)") }
        return value
    }

    private func error(_ node: YAMLNode, _ message: String) -> RenderError {
        RenderError(.blueprint, "\(self.file):\(node.line): \(message)")
    }
}

/// What `fromDatabase` can name.
enum DatabaseProperty: String, CaseIterable {
    case connectionString, connectionPoolString, host, port, user, password, database
}

extension RenderRules.Plan {
    /// - Throws: ``RenderError/Code/blueprint`` with the names that there are.
    public init(named name: String) throws(RenderError) {
        guard let plan = RenderRules.plans.first(where: { $0.name == name }) else {
            let names = RenderRules.plans.map(\.name).joined(separator: ", ")
            throw RenderError(.blueprint, "there is no plan \"\(name)\" (there are: \(names))")
        }
        self = plan
    }
}
