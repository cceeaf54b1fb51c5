import EventLoop
import FoundationEssentials
import Glibc
import Support

extension ComposeCLI {
    /// Reads the file: `docker compose config --format json --no-interpolate`. Services whose profile is off are left out.
    public func project(within limit: Duration) async throws(ComposeError) -> Project {
        let text = try await self.configuration(within: limit)
        guard let wire = try? JSONDecoder().decode(ProjectWire.self, from: Data(text.utf8)) else {
            throw ComposeError(.invalid, "what docker compose config says about \(self.files) can't be understood")
        }
        return wire.project(active: wire.hasProfiles ? await self.activeServices(within: limit) : [])
    }

    /// Without interpolation Compose forgets about profiles. Where it can't fill the variables in, no profile is on.
    private func activeServices(within limit: Duration) async -> Set<String> {
        let output = try? await self.subprocess(["config", "--services"]).output(within: limit, keep: 1 << 20)
        guard let output, output.exit == .exited(0) else { return [] }
        return Set(output.stdout.split(separator: "\n").map(String.init))
    }

    /// What the file means to Compose, as the JSON text that `docker compose config --format json --no-interpolate`
    /// prints: variables stand as they are written.
    public func configuration(within limit: Duration) async throws(ComposeError) -> String {
        for path in self.files.paths where access(path, R_OK) != 0 {
            throw ComposeError(.fileMissing, "\(path) can't be read: \(String(cString: strerror(errno)))")
        }
        let output: Subprocess.Output
        do throws(Subprocess.Failure) {
            output = try await self.subprocess(["config", "--format", "json", "--no-interpolate"])
                .output(within: limit, keep: 16 << 20)
        } catch { throw ComposeError(error, doing: "config") }
        guard output.exit == .exited(0) else { throw Self.complaint(output.stderr) }
        return output.stdout
    }

    private static func complaint(_ stderr: String) -> ComposeError {
        // In the words of several versions of docker without the plug-in; the third takes --file for its own option.
        let signs = ["unknown command: docker compose", "'compose' is not a docker command", "unknown flag: --file"]
        if signs.contains(where: { stderr.contains($0) }) {
            return ComposeError(.pluginMissing, "docker has no Compose v2: install the plug-in docker-compose")
        }
        let lines = stderr.split(separator: "\n").filter { !$0.isEmpty }
        // Warnings come first, the error last.
        return ComposeError(.invalid, redacted(String(lines.last ?? "docker compose config failed without a word")))
    }
}

/// `message` without what may be a value: the text between quotes and behind an equals sign. Compose quotes the line
/// of the `.env` file that it can't read.
func redacted(_ message: String) -> String {
    var result = ""
    var isQuoted = false
    var isValue = false
    for character in message.prefix(1_000) {
        if character == "\"" {
            isValue = false
            if !isQuoted { result += "\"…" }
            isQuoted.toggle()
            if !isQuoted { result += "\"" }
        } else if isQuoted {
            continue
        } else if character == "=" {
            result += "=…"
            isValue = true
        } else if !isValue || character.isWhitespace {
            isValue = false
            result.append(character)
        }
    }
    return result
}
