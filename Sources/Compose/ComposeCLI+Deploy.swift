import EventLoop
import FoundationEssentials
import Glibc
import Support

/// What only Compose knows or can make, for a deploy.
extension ComposeCLI {
    /// With `COMPOSE_REMOVE_ORPHANS` set Compose would remove the containers of services that are not in the file any more,
    /// and no undo brings them back.
    private static nonisolated let keepingOrphans = "--remove-orphans=false"

    /// What a container of the service must be labelled with not to be made anew by `up`: `docker compose config
    /// --hash '*'`. Reads the values of all variables, so a missing one shows here, with its name.
    public func configHashes(within limit: Duration) async throws(ComposeError) -> [String: String] {
        let hashes = Self.hashes(in: try await self.captured(["config", "--hash", "*"], within: limit))
        let misread = try await self.servicesWithEnvironmentFiles(within: limit)
        guard !misread.isEmpty else { return hashes }
        let resolved = try await self.hashesWithEnvironmentFiles(within: limit)
        return hashes.merging(resolved.filter { misread.contains($0.key) }) { $1 }
    }

    private func servicesWithEnvironmentFiles(within limit: Duration) async throws(ComposeError) -> Set<String> {
        guard self.mayHaveEnvironmentFiles else { return [] }
        let wire = try? JSONDecoder().decode(
            ProjectWire.self, from: Data(try await self.configuration(within: limit).utf8))
        return Set((wire?.services ?? [:]).filter { $0.value.env_file != nil }.keys)
    }

    private static func hashes(in output: String) -> [String: String] {
        let pairs = output.split(separator: "\n").compactMap { line -> (String, String)? in
            let words = line.split(separator: " ")
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }

    /// Costs nothing where it is not so. What a file includes may have some too.
    private var mayHaveEnvironmentFiles: Bool {
        self.files.paths.contains { path in
            let text = String(decoding: readFile(path) ?? [], as: UTF8.self)
            return ["env_file", "include", "extends"].contains { text.contains($0) }
        }
    }

    /// `config --hash` leaves `env_file` as it is; `up` puts what is in the files into the environment before it makes its
    /// label (tried with 2.26). So the hashes are taken of what `config` prints, which has done that too.
    private func hashesWithEnvironmentFiles(
        override: String? = nil, within limit: Duration
    ) async throws(ComposeError) -> [String: String] {
        let options = self.options(override: override)
        // A pipe, so that the values never lie on a disk.
        let script = #"docker compose "$@" config --format json | docker compose --file - config --hash '*'"#
        let pipe = Subprocess(
            "sh", ["-c", script, "sh"] + options, environment: self.environment, holding: self.lock)
        do throws(Subprocess.Failure) {
            let output = try await pipe.output(within: limit, keep: 16 << 20)
            if output.exit == .exited(0) { return Self.hashes(in: output.stdout) }
        } catch { throw ComposeError(error, doing: "config") }
        throw ComposeError(.invalid, "docker compose config --hash does not take what docker compose config prints")
    }

    /// What a container of the service is labelled with when it was made and its dependencies were left out (`up --no-deps`),
    /// as by ``recreate(_:keeping:grace:within:)``: Compose hashes the service without its `depends_on` then.
    ///
    /// - Parameter folder: where a second compose file lies meanwhile, which takes the dependencies away.
    /// - Returns: nil where that can't be found out; a Compose older than 2.24 can't.
    public func configHashWithoutDependencies(
        of service: String, in folder: StateFolder, within limit: Duration
    ) async -> String? {
        let override = "\(folder.path)/without-dependencies.yml"
        let text = "services: {\"\(service)\": {depends_on: !reset null}}\n"
        let descriptor = open(override, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { unlink(override) }
        let isWritten = text.withCString { write(descriptor, $0, strlen($0)) } == text.utf8.count
        close(descriptor)
        guard isWritten else { return nil }
        guard let misread = try? await self.servicesWithEnvironmentFiles(within: limit) else { return nil }
        if misread.contains(service) {
            return try? await self.hashesWithEnvironmentFiles(override: override, within: limit)[service]
        }
        let output = try? await self.captured(["config", "--hash", service], within: limit, override: override)
        return output.flatMap { Self.hashes(in: $0)[service] }
    }

    /// The file with its variables filled in: `docker compose config --format json`.
    public func filledIn(within limit: Duration) async throws(ComposeError) -> FilledInProject {
        let data = Data(try await self.captured(["config", "--format", "json"], within: limit).utf8)
        let decoder = JSONDecoder()
        guard let wire = try? decoder.decode(FilledInWire.self, from: data),
            let document = try? decoder.decode(JSONValue.self, from: data)
        else {
            throw ComposeError(.invalid, "what docker compose config says about \(self.files) can't be understood")
        }
        let services = (wire.services ?? [:]).map { name, service in
            let filledIn = FilledInService(
                image: service.image ?? "\(wire.name)-\(name)", ports: Set((service.ports ?? []).flatMap(\.numbers)),
                scale: service.scale ?? service.deploy?.replicas ?? 1, networks: wire.networks(of: service),
                memoryLimit: Int64(service.limit(\.memory) ?? service.mem_limit?.value ?? 0),
                cpuLimit: Int64((min(service.limit(\.cpus) ?? service.cpus?.value ?? 0, 1e6) * 1e9).rounded()))
            return (name, filledIn)
        }
        return FilledInProject(services: Dictionary(uniqueKeysWithValues: services), document: document)
    }

    /// Makes one more container of `service` than the `count` there are, without starting it and without touching the
    /// others: `docker compose up --no-start --no-recreate --no-deps --no-build --scale`.
    ///
    /// - Parameter override: a second Compose file that takes the service's fixed name away, where it has one: Compose
    ///   makes no two containers of a fixed name.
    public func makeReplica(
        of service: String, beside count: Int, override: String? = nil, within limit: Duration
    ) async throws(ComposeError) {
        try await self.captured(
            [
                "up", Self.keepingOrphans, "--no-start", "--no-recreate", "--no-deps", "--no-build", "--scale",
                "\(service)=\(count + 1)", service,
            ], within: limit, override: override)
    }

    /// Makes the containers of `service`, and of what it depends on, that are missing, without starting any: `docker
    /// compose up --no-start --no-recreate --no-build`. Numbers go on after the highest there is. With `--no-deps` Compose
    /// would label them otherwise.
    ///
    /// - Parameter counts: how many containers there are of services that have more than they should, which stay as many.
    public func make(
        _ service: String, keeping counts: [String: Int] = [:], within limit: Duration
    ) async throws(ComposeError) {
        let scales = counts.sorted { $0.key < $1.key }.flatMap { ["--scale", "\($0.key)=\($0.value)"] }
        try await self.captured(
            ["up", Self.keepingOrphans, "--no-start", "--no-recreate", "--no-build"] + scales + [service], within: limit
        )
    }

    /// Makes and starts all that is missing or does not run, and replaces nothing: `docker compose up --detach
    /// --no-recreate --no-build`.
    public func upWithoutReplacing(within limit: Duration) async throws(ComposeError) {
        try await self.captured(
            ["up", Self.keepingOrphans, "--detach", "--no-recreate", "--no-build"], within: limit)
    }

    /// Makes the containers of `service` anew and starts them, and touches nothing else: `docker compose up --detach
    /// --force-recreate --no-deps --no-build --pull never --scale --timeout`.
    ///
    /// - Parameters:
    ///   - count: how many there are and shall be, whatever the file says: a person may have scaled it.
    ///   - grace: how long an old one has to stop; rounded up to whole seconds.
    public func recreate(
        _ service: String, keeping count: Int, grace: Duration, within limit: Duration
    ) async throws(ComposeError) {
        let (seconds, attoseconds) = max(.zero, grace).components
        try await self.captured(
            [
                "up", Self.keepingOrphans, "--detach", "--force-recreate", "--no-deps", "--no-build", "--pull", "never",
                "--scale", "\(service)=\(count)", "--timeout", String(seconds + (attoseconds > 0 ? 1 : 0)), service,
            ], within: limit)
    }

    /// Runs `command` in a container of its own made as the service's are, and removes it: `docker compose run --rm
    /// --no-deps`.
    ///
    /// The service's own entrypoint is not used.
    ///
    /// - Returns: what it wrote to stdout.
    @discardableResult
    public func runOnce(
        _ command: [String], in service: String, within limit: Duration
    ) async throws(ComposeError) -> String {
        try await self.captured(
            ["run", Self.keepingOrphans, "--rm", "--no-deps", "-T", "--entrypoint", command[0], service]
                + command.dropFirst(),
            within: limit)
    }

    /// - Returns: stdout. An exit code that is not 0 is an error, with the last lines of stderr.
    @discardableResult
    private func captured(
        _ arguments: [String], within limit: Duration, override: String? = nil
    ) async throws(ComposeError) -> String {
        let output: Subprocess.Output
        do throws(Subprocess.Failure) {
            output = try await self.subprocess(arguments, override: override)
                .output(within: limit, keep: 16 << 20)
        } catch { throw ComposeError(error, doing: arguments[0]) }
        guard output.exit == .exited(0) else {
            let lines = output.stderr.split(separator: "\n").filter { !$0.isEmpty }
            throw ComposeError(
                .invalid,
                "docker compose \(arguments[0]) ended with status \(output.exit.code): "
                    + redacted(lines.suffix(3).joined(separator: " | ")))
        }
        return output.stdout
    }
}

private struct FilledInWire: Decodable {
    struct Service: Decodable {
        let image: String?
        let ports: [Port]?
        let scale: Int?
        let deploy: Deploy?
        let network_mode: String?
        let networks: [String: Nothing?]?
        let mem_limit: Number?
        let cpus: Number?

        func limit(_ path: KeyPath<Limits, Number?>) -> Double? {
            self.deploy?.resources?.limits?[keyPath: path]?.value
        }
    }

    struct Deploy: Decodable {
        let replicas: Int?
        let resources: Resources?
    }

    struct Resources: Decodable {
        let limits: Limits?
    }

    struct Limits: Decodable {
        let memory: Number?
        let cpus: Number?
    }

    struct Network: Decodable {
        let name: String?
    }

    /// Something of which only the name counts.
    struct Nothing: Decodable {}

    /// Compose writes numbers as such or as text, which one depends on its version; 0 for what is none.
    struct Number: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let number = (try? container.decode(Double.self)) ?? Double((try? container.decode(String.self)) ?? "") ?? 0
            self.value = number > 0 && number < 9e18 ? number : 0
        }
    }

    struct Port: Decodable {
        /// A number, or two with a dash between them.
        let published: String?

        var numbers: [UInt16] {
            let ends = (self.published ?? "").split(separator: "-").compactMap { UInt16($0) }
            guard let first = ends.first, let last = ends.last, first > 0, first <= last else { return [] }
            return Array(first...last)
        }
    }

    let name: String
    let services: [String: Service]?
    let networks: [String: Network?]?

    func networks(of service: Service) -> Set<String>? {
        if let mode = service.network_mode { return ["host", "none", "bridge"].contains(mode) ? [mode] : nil }
        return Set(
            (service.networks ?? [:]).keys.map { (self.networks?[$0] ?? nil)?.name ?? "\(self.name)_\($0)" })
    }
}
