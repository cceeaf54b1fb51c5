import Docker
import EventLoop
import FoundationEssentials
import Glibc
import Support

/// The containers and the network of one rehearsal. Each has a name and a label with the run's id, and all go by them.
@Loop
final class RehearsalWorld {
    static let label = "selfheal.render-check"

    let id: String
    private let engine: Engine
    private let environment: [String: String]
    private var image: String?
    /// A test puts another one in its place.
    var program = "docker"

    init(engine: Engine, environment: [String: String]) {
        self.id = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        self.engine = engine
        self.environment = environment
    }

    var name: String { "selfheal-render-\(self.id)" }

    /// Builds `dockerfile` as an image of this run's own.
    func build(dockerfile: String, context: String) async throws(RenderError) -> String {
        let tag = "selfheal-render:\(self.id)"
        self.image = tag
        var last: [String] = []
        let build = Subprocess(
            self.program,
            ["build", "--label", "\(Self.label)=\(self.id)", "--tag", tag, "--file", dockerfile, context],
            environment: self.environment)
        let exit = try await self.guarded {
            try await build.lines(within: .seconds(3_600)) { last = last.suffix(19) + [printable($0)] }
        }
        guard exit.code == 0 else {
            throw RenderError(.rehearsal, "the image does not build:\n" + last.joined(separator: "\n"))
        }
        return tag
    }

    func makeNetwork() async throws(RenderError) {
        try await self.docker(["network", "create", "--label", "\(Self.label)=\(self.id)", self.name])
    }

    /// Starts a container of the run.
    ///
    /// - Parameters:
    ///   - role: its name within the network.
    ///   - variables: values get to it through the environment of `docker run`, so that none is in a process list.
    /// - Returns: its id.
    func run(
        _ role: String, _ image: String, options: [String], variables: [String: String]
    ) async throws(RenderError) -> String {
        var arguments = [
            "run", "--detach", "--name", "\(self.name)-\(role)", "--label", "\(Self.label)=\(self.id)",
            "--network", self.name, "--network-alias", role,
        ]
        // Nothing else of ours, so that no name of a secret meets one that this process has too.
        let client = self.environment.filter { Self.isForClient($0.key) }
        for (key, value) in variables.sorted(by: { $0.key < $1.key }) {
            arguments += ["--env", Self.isForClient(key) ? "\(key)=\(value)" : key]
        }
        arguments += options + [image]
        let environment = client.merging(variables) { own, _ in own }
        return try await self.docker(arguments, environment: environment)
    }

    /// What the docker command itself reads; no blueprint keeps a secret under such a name.
    private static func isForClient(_ key: String) -> Bool {
        ["PATH", "HOME", "XDG_RUNTIME_DIR"].contains(key) || key.hasPrefix("DOCKER_")
    }

    /// Where a port of a container is published on 127.0.0.1; nil when it does not run.
    func publishedPort(_ container: String, _ port: Int) async throws(RenderError) -> Int? {
        let text = try await self.docker(
            ["inspect", "--format", "{{json (index .NetworkSettings.Ports \"\(port)/tcp\")}}", container])
        struct Binding: Decodable {
            let HostPort: String
        }
        let bindings = try? JSONDecoder().decode([Binding].self, from: Data(text.utf8))
        return bindings?.first.flatMap { Int($0.HostPort) }
    }

    func inspect(_ container: String) async throws(RenderError) -> ContainerDetails {
        do { return try await self.engine.inspect(container, within: .seconds(30)) } catch {
            throw RenderError(error.code == .cancelled ? .interrupted : .rehearsal, error.message)
        }
    }

    /// The last lines of what a container wrote.
    func log(_ container: String) async -> String {
        let output = try? await Subprocess(
            self.program, ["logs", "--tail", "5", container], environment: self.environment
        ).output(within: .seconds(30))
        let text = (output?.stdout ?? "") + (output?.stderr ?? "")
        return text.split(whereSeparator: \.isNewline).suffix(5).map { printable($0.prefix(500)) }.joined(
            separator: " | ")
    }

    /// On which ports a container listens; nil where this process may not look.
    func listeners(_ details: ContainerDetails) -> ListeningSockets? {
        let tables = ["tcp", "tcp6"].compactMap { Self.text(of: "/proc/\(details.pid)/net/\($0)") }
        return details.pid > 0 && !tables.isEmpty ? ListeningSockets(tables: tables) : nil
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Runs a Docker command that must succeed.
    ///
    /// - Returns: its stdout, trimmed.
    @discardableResult
    func docker(
        _ arguments: [String], environment: [String: String]? = nil
    ) async throws(RenderError) -> String {
        let command = Subprocess(self.program, arguments, environment: environment ?? self.environment)
        let output = try await self.guarded { try await command.output(within: .seconds(300)) }
        guard output.exit.code == 0 else {
            let reason = output.stderr.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ")
            throw RenderError(.rehearsal, "docker \(arguments[0]) failed: \(reason)")
        }
        return output.stdout.split(whereSeparator: \.isNewline).joined(separator: "\n")
    }

    private func guarded<Value>(_ body: () async throws -> Value) async throws(RenderError) -> Value {
        do { return try await body() } catch let failure as Subprocess.Failure {
            throw RenderError(failure.code == .cancelled ? .interrupted : .rehearsal, failure.message)
        } catch { throw RenderError(.rehearsal, "\(error)") }
    }

    /// Removes everything of the run, also when the task is cancelled.
    ///
    /// - Returns: what is left; empty when nothing is.
    func remove() async -> String {
        // A task of its own, as a cancelled one could run nothing more; it is waited for here.
        await Task { @Loop in
            var left = ""
            // Twice: a `docker run` that was interrupted may still bring its container.
            for _ in 0..<2 {
                left = ""
                let filter = ["--filter", "label=\(Self.label)=\(self.id)", "--quiet"]
                for (list, remove) in [
                    (["ps", "--all"], ["rm", "--force", "--volumes"]), (["network", "ls"], ["network", "rm"]),
                ] {
                    guard let found = try? await self.docker(list + filter), !found.isEmpty else { continue }
                    let ids = found.split(separator: "\n").map(String.init)
                    if (try? await self.docker(remove + ids)) == nil { left += ids.joined(separator: " ") + " " }
                }
            }
            if let image = self.image { _ = try? await self.docker(["image", "rm", image]) }
            return left
        }.value
    }
}
