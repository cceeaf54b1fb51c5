import EventLoop
import HTTPClient
public import Support

/// What a container is made of, to be compared with another or with itself later: nothing in it shows a secret, because
/// whatever a secret may stand in is there only as a salted hash.
public struct ContainerFingerprint: Hashable, Sendable, Codable {
    /// The image's id.
    public let image: String
    /// Hashes of the values by the names of the variables.
    public let environment: [String: String]
    /// Hashes of the values by the names of the labels; a command, an entrypoint and a healthcheck count as labels of
    /// these names.
    public let labels: [String: String]
    /// Where what is mounted: the path inside, and the volume or the path outside, with its mode.
    public let mounts: [String: String]
    /// The networks it is in, sorted.
    public let networks: [String]

    /// - Parameters:
    ///   - document: the engine's answer to inspect.
    ///   - salt: keeps the values from being guessed; the same one for what is to be compared.
    public init(of document: JSONValue, salt: String) {
        func hash(_ value: String) -> String { String(SHA256.hex((salt + "\u{0}" + value).utf8).prefix(32)) }
        let config = document["Config"]
        var environment: [String: String] = [:]
        for entry in config?["Env"]?.elements ?? [] {
            let parts = (entry.string ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts.first ?? "")] = hash(String(parts.dropFirst().first ?? ""))
        }
        var labels: [String: String] = [:]
        for label in config?["Labels"]?.members ?? [] { labels[label.name] = hash(label.value.string ?? "") }
        for name in ["Cmd", "Entrypoint", "Healthcheck", "User"] {
            labels[name] = hash(config?[name]?.text ?? "null")
        }
        var mounts: [String: String] = [:]
        for mount in document["Mounts"]?.elements ?? [] {
            let source = mount["Name"]?.string ?? mount["Source"]?.string ?? ""
            let mode = mount["RW"] == .bool(false) ? "ro" : "rw"
            mounts[mount["Destination"]?.string ?? ""] = "\(mount["Type"]?.string ?? "") \(source) \(mode)"
        }
        self.image = document["Image"]?.string ?? ""
        self.environment = environment
        self.labels = labels
        self.mounts = mounts
        self.networks = (document["NetworkSettings"]?["Networks"]?.members ?? []).map(\.name).sorted()
    }

    /// What is otherwise in `other`, in words for a person: which variable or path it is, never a value.
    ///
    /// - Parameter exempt: labels that may be otherwise; volumes without a name may then be others too.
    public func differences(from other: ContainerFingerprint, exceptLabels exempt: Set<String> = []) -> [String] {
        func isExempt(_ name: String, _ kind: String) -> Bool {
            guard !exempt.isEmpty else { return false }
            let isFresh = [self.mounts[name], other.mounts[name]].allSatisfy { $0.map(Self.isAnonymous) ?? false }
            return kind == "label" && exempt.contains(name) || kind == "mount" && isFresh
        }
        func names(_ one: [String: String], _ other: [String: String], _ kind: String) -> [String] {
            Set(one.keys).union(other.keys).filter { one[$0] != other[$0] && !isExempt($0, kind) }.sorted()
                .map { "\(kind) \($0)" }
        }
        return (self.image == other.image ? [] : ["image"])
            + names(self.environment, other.environment, "variable") + names(self.mounts, other.mounts, "mount")
            + (self.networks == other.networks ? [] : ["networks"]) + names(self.labels, other.labels, "label")
    }
}

extension ContainerFingerprint {
    /// Whether it is a volume that the engine named, with 64 hexadecimal digits.
    private static func isAnonymous(_ mount: String) -> Bool {
        let words = mount.split(separator: " ")
        return words.count == 3 && words[0] == "volume" && words[1].utf8.count == 64
            && words[1].allSatisfy(\.isHexDigit)
    }
}

extension Engine {
    /// What a container is made of: `GET /containers/{id}/json`. Values of the environment are hashed at once and kept
    /// nowhere.
    public func fingerprint(
        _ id: String, salt: String, within limit: Duration
    ) async throws(EngineError) -> ContainerFingerprint {
        let request = Request(method: .get, path: "/containers/\(percentEncoded(id))/json")
        return ContainerFingerprint(
            of: try await self.decoded(JSONValue.self, from: request, by: Deadline(after: limit)), salt: salt)
    }
}
