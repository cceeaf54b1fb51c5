import FoundationEssentials
import Support

/// A compose file as a project of its own: what would make it share anything with the real one (names, ports, data) is
/// taken out, and it is refused where that can't be. Pure.
struct ComposeCopy: Hashable {
    /// The services that serve and that it depends on.
    let app: String
    let database: String?
    private(set) var root: JSONValue

    /// - Parameters:
    ///   - configuration: what `docker compose config --format json --no-interpolate` says.
    ///   - app: the service that serves.
    ///   - name: of the new project.
    init(of configuration: String, app: String, as name: String) throws(DrillError) {
        guard var root = try? JSONDecoder().decode(JSONValue.self, from: Data(configuration.utf8)) else {
            throw DrillError(.notBegun, "what docker compose config says can't be understood")
        }
        (self.app, self.database) = try Self.roles(in: root, app: app)
        root["name"] = .string(name)
        for kind in ["volumes", "networks"] {
            for member in root[kind]?.members ?? [] {
                guard member.value["external"] != .bool(true) else {
                    throw DrillError(
                        .notBegun, "\(kind) \"\(member.name)\" is external, so a copy would not be a project of its own"
                    )
                }
                root[kind]?[member.name]?["name"] = nil
            }
        }
        for service in root["services"]?.members ?? [] {
            try Self.checkMounts(of: service)
            root["services"]?[service.name]?["container_name"] = nil
            root["services"]?[service.name]?["ports"] = nil
        }
        self.root = root
    }

    /// The service that serves, and what it depends on.
    static func roles(in root: JSONValue, app: String) throws(DrillError) -> (app: String, database: String?) {
        guard let service = root["services"]?[app] else {
            throw DrillError(.notBegun, "there is no service \"\(app)\" in the compose file")
        }
        // One that is waited for to complete is no server.
        let servers = service["depends_on"]?.members.filter {
            $0.value["condition"]?.string != "service_completed_successfully"
        }
        return (app, servers?.first?.name)
    }

    /// A drill breaks what is written to, and a folder of this machine would be the real project's.
    private static func checkMounts(of service: JSONValue.Member) throws(DrillError) {
        for mount in service.value["volumes"]?.elements ?? [] {
            let short = mount.string ?? ""
            let isBind = mount["type"]?.string == "bind" || [".", "/", "~"].contains(short.prefix(1))
            let isReadOnly = mount["read_only"] == .bool(true) || short.hasSuffix(":ro")
            guard isBind, !isReadOnly else { continue }
            throw DrillError(
                .notBegun,
                "service \"\(service.name)\" writes to a folder of this machine (\(mount["source"]?.string ?? short)), "
                    + "so a copy would not be a project of its own")
        }
    }

    /// Changes one key of a service; nil removes it.
    mutating func set(_ key: String, of service: String, to value: JSONValue?) {
        self.root["services"]?[service]?[key] = value
    }

    /// Has Docker look sooner than the file says, so that the proof of each heal does not take half a minute.
    mutating func setHealthcheckInterval(of service: String, to interval: String) {
        self.root["services"]?[service]?["healthcheck"]?["interval"] = .string(interval)
    }

    mutating func setVariable(_ name: String, of service: String, to value: String) {
        self.root["services"]?[service]?.add(name, value, in: "environment")
    }

    /// Passes `value` to the build of a service as its argument `name`.
    mutating func setBuildArgument(_ name: String, of service: String, to value: String) {
        self.root["services"]?[service]?["build"]?.add(name, value, in: "args")
    }

    func isBuilt(_ service: String) -> Bool { self.root["services"]?[service]?["build"] != nil }

    /// Puts the volumes of `service` on a folder of this machine, which the drill has made for it.
    mutating func bindVolumes(of service: String, to folder: String) {
        for mount in self.root["services"]?[service]?["volumes"]?.elements ?? [] {
            guard let volume = mount["source"]?.string, self.root["volumes"]?[volume] != nil else { continue }
            self.root["volumes"]?[volume] = [
                "driver": "local", "driver_opts": ["type": "none", "o": "bind", "device": .string(folder)],
            ]
        }
    }
}

extension JSONValue {
    /// Sets one member of the object that the member `key` is, or is to be.
    fileprivate mutating func add(_ name: String, _ value: String, in key: String) {
        var object = self[key] ?? [:]
        object[name] = .string(value)
        self[key] = object
    }
}
