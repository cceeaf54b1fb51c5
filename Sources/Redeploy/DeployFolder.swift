import Compose
import FoundationEssentials
import Glibc
import Support

/// What is kept of one deploy: `.selfheal/deploys/<id>/`, readable by its owner alone.
struct DeployFolder {
    let id: String
    let path: String
    var journal: String { "\(self.path)/journal.jsonl" }
    /// What the containers were made of before: ``ContainerFingerprint`` by container name.
    var before: String { "\(self.path)/before.json" }
    /// ``KeptSettings``.
    var settings: String { "\(self.path)/settings.json" }
    /// Takes a fixed container name away while Compose makes a second container.
    var override: String { "\(self.path)/override.json" }
    /// Whether `path` is that file; Compose calls it by its absolute path.
    func isOverride(_ path: Substring) -> Bool { path.hasSuffix("/deploys/\(self.id)/override.json") }

    /// The folder that holds those of all deploys.
    static func all(_ state: StateFolder) -> String { "\(state.path)/deploys" }

    init(_ id: String, in state: StateFolder) {
        self.id = id
        self.path = "\(Self.all(state))/\(id)"
    }

    /// - Throws: the system's reason.
    func make(in state: StateFolder) throws(ActFailure) {
        state.make()
        mkdir(Self.all(state), 0o700)
        guard mkdir(self.path, 0o700) == 0 || errno == EEXIST else {
            throw ActFailure("\(self.path): \(String(cString: strerror(errno)))")
        }
    }

    /// Writes a file as a whole or not at all, and has it on the disk before it returns.
    static func write(_ text: String, to path: String) throws(ActFailure) {
        let draft = "\(path).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ActFailure("\(path): \(String(cString: strerror(errno)))") }
        let bytes = Array(text.utf8)
        let isWritten = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, isSynced, rename(draft, path) == 0 else {
            throw ActFailure("\(path): \(String(cString: strerror(errno)))")
        }
    }

    static func write(_ value: some Encodable, to path: String) throws(ActFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { throw ActFailure("\(path): can't be encoded") }
        try self.write(String(decoding: data, as: UTF8.self), to: path)
    }

    static func read<Value: Decodable>(_ type: Value.Type, from path: String) -> Value? {
        readFile(path).flatMap { try? JSONDecoder().decode(type, from: Data($0)) }
    }
}

/// Why an act did not succeed.
struct ActFailure: Error {
    /// For a person: what is wrong and what to do.
    let reason: String
    /// How well the new container was at the end; nil where it is not about one.
    let standing: DeployUnit.Standing?

    init(_ reason: String, standing: DeployUnit.Standing? = nil) {
        self.reason = reason
        self.standing = standing
    }
}
