import EventLoop
import HTTPClient
import Support

/// What a container made from another one has of its own.
public struct CloneChanges: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Labels in the place of, or beside, those of the model.
    public let labels: [String: String]
    /// Names on its networks in the place of those of the model: the model's container name and this one's.
    public let aliases: [String: String]
    /// Whether nobody reaches it from outside: no published port, and no name on its networks.
    public let isHidden: Bool
    /// Volumes to mount where the model has a fresh one without a name: the path inside, and the volume's name.
    public let volumes: [String: String]

    public init(
        name: String, labels: [String: String], aliases: [String: String] = [:], isHidden: Bool = false,
        volumes: [String: String] = [:]
    ) {
        self.name = name
        self.labels = labels
        self.aliases = aliases
        self.isHidden = isHidden
        self.volumes = volumes
    }
}

extension Engine {
    /// Makes a container like `model` without starting it: `GET /containers/{id}/json`, `POST /containers/create`, and
    /// `POST /networks/{id}/connect` for each network after the first.
    ///
    /// The environment passes through this process and is kept nowhere.
    ///
    /// - Returns: its id.
    public func clone(
        _ model: String, _ changes: CloneChanges, within limit: Duration
    ) async throws(EngineError) -> String {
        let deadline = Deadline(after: limit)
        let inspect = Request(method: .get, path: "/containers/\(percentEncoded(model))/json")
        let document = try await self.decoded(JSONValue.self, from: inspect, by: deadline)
        guard let body = CloneBody(of: document, changes) else {
            throw EngineError(.malformed, "what the engine says of \(model) can't be made into another container")
        }
        let create = Request(
            method: .post, path: "/containers/create", query: [("name", changes.name)],
            json: Array(body.create.text.utf8))
        let id = try await self.decoded(CreatedWire.self, from: create, by: deadline).Id
        for (network, endpoint) in body.furtherNetworks {
            let connect: JSONValue = .object([.init("Container", .string(id)), .init("EndpointConfig", endpoint)])
            try await self.perform(
                Request(
                    method: .post, path: "/networks/\(percentEncoded(network))/connect", json: Array(connect.text.utf8)),
                by: deadline
            ) { _ in true }
        }
        return id
    }
}

private struct CreatedWire: Decodable { let Id: String }

/// The documents that make a clone, from what inspect says of its model.
struct CloneBody {
    let create: JSONValue
    /// Before version 1.44 of its API the engine takes one network when it makes a container.
    let furtherNetworks: [(network: String, endpoint: JSONValue)]

    init?(of model: JSONValue, _ changes: CloneChanges) {
        guard let id = model["Id"]?.string, var body = model["Config"], var host = model["HostConfig"],
            let mode = host["NetworkMode"]?.string
        else { return nil }
        // The engine's default is the container's own short id.
        if let hostname = body["Hostname"]?.string, id.hasPrefix(hostname) { body["Hostname"] = nil }
        var labels = body["Labels"] ?? [:]
        if case .object = labels {} else { labels = [:] }
        for (name, value) in changes.labels { labels[name] = .string(value) }
        body["Labels"] = labels
        if changes.isHidden { host["PortBindings"] = [:] }
        let mounted = changes.volumes.sorted { $0.key < $1.key }.map { path, volume -> JSONValue in
            ["Type": "volume", "Source": .string(volume), "Target": .string(path)]
        }
        if !mounted.isEmpty {
            let others = (host["Mounts"]?.elements ?? []).filter { changes.volumes[$0["Target"]?.string ?? ""] == nil }
            host["Mounts"] = .array(others + mounted)
        }
        body["HostConfig"] = host

        let networks = (model["NetworkSettings"]?["Networks"]?.members ?? []).map { network in
            (network: network.name, endpoint: Self.endpoint(network.value, of: id, changes))
        }
        // `host`, `none` and another container's network are no networks that one connects to.
        let isShared = ["host", "none"].contains(mode) || mode.hasPrefix("container:")
        let first = isShared ? nil : networks.first { $0.network == mode } ?? networks.first
        if let first {
            body["NetworkingConfig"] = ["EndpointsConfig": .object([.init(first.network, first.endpoint)])]
        }
        self.create = body
        self.furtherNetworks = isShared ? [] : networks.filter { $0.network != first?.network }
    }

    private static func endpoint(_ model: JSONValue, of id: String, _ changes: CloneChanges) -> JSONValue {
        let aliases = (model["Aliases"]?.elements ?? []).compactMap { alias -> JSONValue? in
            // The engine adds the short id by itself.
            guard let name = alias.string, !id.hasPrefix(name) else { return nil }
            return .string(changes.aliases[name] ?? name)
        }
        var endpoint: JSONValue = ["Aliases": .array(changes.isHidden ? [] : aliases)]
        // A fixed address can't be had twice.
        let kept = changes.isHidden ? ["Links", "DriverOpts"] : ["Links", "DriverOpts", "IPAMConfig"]
        for name in kept { if let value = model[name], value != .null { endpoint[name] = value } }
        return endpoint
    }
}
