import Foundation

/// The project's own compose file, as Compose reads it, with what a test wants otherwise. Variables stay variables: no
/// secret gets into the copy.
struct ComposeFile {
    private var root: [String: Any]

    /// The product's `docker-compose.dev.yml`.
    static func shipped(project: String) async throws -> ComposeFile {
        let json = try await must([
            "docker", "compose", "-f", "\(repository)/docker-compose.dev.yml", "-p", project, "config",
            "--no-interpolate", "--format", "json",
        ])
        let root = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        guard let root else { throw Trouble("`docker compose config` gives no JSON object") }
        return ComposeFile(root: root)
    }

    init(root: [String: Any]) { self.root = root }

    /// What stands at a path such as `services.app.restart`; setting nil removes it.
    subscript(_ path: String) -> Any? {
        get {
            path.split(separator: ".").reduce(self.root as Any?) { ($0 as? [String: Any])?[String($1)] }
        }
        set { self.root = ComposeFile.setting(path.split(separator: ".")[...], to: newValue, in: self.root) }
    }

    private static func setting(
        _ path: ArraySlice<Substring>, to value: Any?, in object: [String: Any]
    ) -> [String: Any] {
        var object = object
        guard let key = path.first.map(String.init) else { return object }
        object[key] =
            path.count == 1
            ? value : self.setting(path.dropFirst(), to: value, in: object[key] as? [String: Any] ?? [:])
        return object
    }

    /// JSON is YAML.
    func write(to path: String) throws {
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try JSONSerialization.data(withJSONObject: self.root, options: options).write(to: URL(filePath: path))
    }
}

/// The checkout that is tested.
let repository = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/").replacing("//", with: "/")

/// The watchdog's program: the release binary, which `scripts/test.sh` names.
let selfheal = ProcessInfo.processInfo.environment["SELFHEAL_BIN"] ?? "\(repository)/.selfheal/bin/selfheal"
