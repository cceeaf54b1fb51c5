import YAML

/// What `render.yaml` says of the services that Render runs from a Dockerfile
/// (https://render.com/docs/blueprint-spec).
public struct Blueprint: Hashable, Sendable {
    /// A web service.
    public struct Service: Hashable, Sendable {
        public let name: String
        /// Where it stands in the file.
        public let line: Int
        /// From the file's folder.
        public let dockerfile: String
        /// From the file's folder.
        public let context: String
        /// Nil where only the port is checked.
        public let healthCheckPath: String?
        public let plan: RenderRules.Plan
        /// From SIGTERM to SIGKILL.
        public let shutdownDelay: Duration
        /// What the `Host` header of a health check says: a domain of its own, else the one at `onrender.com`.
        public let host: String
        public let variables: [Variable]
        /// What stands there and is not rehearsed, each with `file:line`.
        public let notes: [String]
    }

    public struct Variable: Hashable, Sendable {
        public enum Source: Hashable, Sendable {
            case value(String)
            /// `generateValue: true`.
            case generated
            /// `sync: false`: a person types it in.
            case asked
            /// A property of a database of the file.
            case database(name: String, property: String)
        }

        public let key: String
        public let source: Source
    }

    public struct Database: Hashable, Sendable {
        public let name: String
        public let databaseName: String
        public let user: String
        /// The tag of the `postgres` image.
        public let majorVersion: String
    }

    /// As it was given, for messages.
    public let file: String
    public let services: [Service]
    public let databases: [Database]

    /// - Parameters:
    ///   - text: the file's text.
    ///   - file: its name, for messages.
    /// - Throws: ``RenderError/Code/blueprint`` with file and line.
    public init(_ text: String, file: String) throws(RenderError) {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: text) } catch {
            throw RenderError(.blueprint, "\(file):\(error.line):\(error.column): \(error.message)")
        }
        let reader = BlueprintReader(file: file)
        self.file = file
        guard root.entries != nil else {
            throw RenderError(
                .blueprint, "\(file):\(root.line): this is no blueprint: a mapping with services belongs here")
        }
        let scopes = try reader.scopes(root)
        var databases: [Database] = []
        for scope in scopes {
            for node in try reader.list("databases", in: scope) { databases.append(try reader.database(node)) }
        }
        self.databases = databases
        var services: [Service] = []
        for scope in scopes {
            for node in try reader.list("services", in: scope) where try reader.type(of: node) == "web" {
                services.append(try reader.service(node, databases: databases))
            }
        }
        self.services = services
    }

    /// The web service of this name, or the only one.
    public func service(_ name: String?) throws(RenderError) -> Service {
        let names = self.services.map(\.name).joined(separator: ", ")
        guard !self.services.isEmpty else {
            throw RenderError(.blueprint, "\(self.file): there is no service of type web in it")
        }
        guard let name else {
            if self.services.count == 1 { return self.services[0] }
            throw RenderError(.blueprint, "\(self.file): it has several web services; choose with --service: \(names)")
        }
        if let service = self.services.first(where: { $0.name == name }) { return service }
        throw RenderError(.blueprint, "\(self.file): there is no web service \"\(name)\" in it (it has: \(names))")
    }
}
