import Glibc

/// The compose files of a project, each adding to and overriding the ones before. The first one's folder is the project's.
public struct ComposeFiles: Hashable, Sendable {
    public let paths: [String]

    /// - Parameter list: as Compose's own variable `COMPOSE_FILE` has it: "compose.yml:compose.prod.yml".
    /// - Parameter separator: Compose's own variable `COMPOSE_PATH_SEPARATOR`.
    public init(_ list: String, separatedBy separator: String = ":") {
        let paths = list.split(separator: separator).map(String.init)
        self.paths = paths.isEmpty ? [list] : paths
    }

    /// Those that are meant: the ones that the environment or else `.env` names, ours, or else the ones that Compose itself
    /// would take.
    ///
    /// - Parameter folder: where they and `.env` lie; the current one where none is named.
    public static func inUse(_ environment: [String: String] = [:], in folder: String? = nil) -> ComposeFiles {
        // Compose's own names, in its own order.
        let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
        let overrides = [
            "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml",
            "docker-compose.override.yaml",
        ]
        let ours = "docker-compose.dev.yml"
        func path(_ name: String) -> String { folder.map { "\($0)/\(name)" } ?? name }
        func isThere(_ name: String) -> Bool { access(path(name), F_OK) == 0 }
        let said = DotEnv(file: path(".env"))
        func setting(_ name: String) -> String? {
            [environment[name], said[name]].compactMap(\.self).first { !$0.isEmpty }
        }
        if let list = setting("COMPOSE_FILE") {
            let files = ComposeFiles(list, separatedBy: setting("COMPOSE_PATH_SEPARATOR") ?? ":")
            return ComposeFiles(paths: files.paths.map { $0.hasPrefix("/") ? $0 : path($0) })
        }
        guard !isThere(ours), let name = names.first(where: isThere) else { return ComposeFiles(paths: [path(ours)]) }
        return ComposeFiles(paths: ([name] + overrides.filter(isThere).prefix(1)).map(path))
    }

    private init(paths: [String]) { self.paths = paths }

    public var first: String { self.paths[0] }

    /// The project's: where the first one lies.
    public var folder: String { self.first.lastIndex(of: "/").map { String(self.first[..<$0]) } ?? "." }

    /// The first one's, without its folder.
    public var name: String { self.first.split(separator: "/").last.map(String.init) ?? self.first }

    /// For the command line of Compose: "--file", "compose.yml".
    public var options: [String] { self.paths.flatMap { ["--file", $0] } }

    /// The same as a person writes it: "-f compose.yml".
    public var flags: String { self.paths.map { "-f \($0)" }.joined(separator: " ") }
}

extension ComposeFiles: CustomStringConvertible {
    public var description: String { self.paths.joined(separator: ":") }
}

extension ComposeFiles: ExpressibleByStringInterpolation {
    public init(stringLiteral list: String) { self.init(list) }
}
