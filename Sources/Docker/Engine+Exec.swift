import EventLoop
import HTTPClient

extension Engine {
    /// How much of a command's stdout and of its stderr is kept, in bytes each.
    static nonisolated let execOutputLimit = 65_536

    /// Runs `command` in a container and waits for its end: `POST /containers/{id}/exec`, `POST /exec/{id}/start`,
    /// `GET /exec/{id}/json`.
    ///
    /// A command that runs into the deadline goes on in the container, because the API has no way to end it: give the
    /// command a limit of its own that is shorter. Throws ``EngineError/Code/conflict`` when the container does not run.
    public func run(
        _ command: [String], in id: String, within limit: Duration
    ) async throws(EngineError) -> ExecResult {
        let deadline = Deadline(after: limit)
        let create = Request(
            method: .post, path: "/containers/\(percentEncoded(id))/exec", json: json(ExecCreateWire(Cmd: command)))
        let exec = try await self.decoded(ExecIDWire.self, from: create, by: deadline).Id

        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var stream = MultiplexedStream()
        let start = Request(
            method: .post, path: "/exec/\(percentEncoded(exec))/start",
            json: Array(#"{"Detach":false,"Tty":false}"#.utf8))
        try await self.perform(start, by: deadline) { bytes in
            stream.consume(bytes) { channel, piece in
                // What is over the limit is read all the same, or the command would block in its write.
                switch channel {
                case .stdout: stdout += piece.prefix(max(0, Engine.execOutputLimit - stdout.count))
                case .stderr: stderr += piece.prefix(max(0, Engine.execOutputLimit - stderr.count))
                }
            }
            return true
        }
        return ExecResult(
            exitCode: try await self.exitCode(of: exec, by: deadline), stdout: String(decoding: stdout, as: UTF8.self),
            stderr: String(decoding: stderr, as: UTF8.self))
    }

    /// The output may end a moment before the engine has noticed the end of the process.
    private func exitCode(of exec: String, by deadline: Deadline) async throws(EngineError) -> Int {
        let request = Request(method: .get, path: "/exec/\(percentEncoded(exec))/json")
        while true {
            let state = try await self.decoded(ExecStateWire.self, from: request, by: deadline)
            if !state.Running, let code = state.ExitCode { return code }
            guard deadline.remaining > .milliseconds(10) else {
                throw EngineError(.timedOut, "the command ended its output but not itself in time")
            }
            do { try await Loop.sleep(for: .milliseconds(10)) } catch {
                throw EngineError(.cancelled, "the call \(request.path) was cancelled")
            }
        }
    }
}

private struct ExecCreateWire: Encodable {
    var AttachStdout = true
    var AttachStderr = true
    let Cmd: [String]
}

private struct ExecIDWire: Decodable { let Id: String }

private struct ExecStateWire: Decodable {
    let Running: Bool
    let ExitCode: Int?
}
