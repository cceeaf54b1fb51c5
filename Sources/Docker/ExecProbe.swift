public import EventLoop

/// Asks for a service's health with `curl` inside its container, through the exec API.
///
/// For machines where ``probe(url:networkNamespaceOf:within:)`` is not to be had. It costs some 50 ms of CPU each time.
@Loop
public struct ExecProbe {
    private let engine: Engine

    public init(engine: Engine) { self.engine = engine }

    /// - Parameters:
    ///   - id: the container.
    ///   - limit: for everything together. `curl` itself gets three quarters of it, so that it has ended before we give
    ///     up on the engine.
    public func probe(url: ProbeURL, in id: String, within limit: Duration) async -> ProbeOutcome {
        let (seconds, attoseconds) = (limit * 3 / 4).components
        let milliseconds = max(100, seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        let command = [
            // First of all `--disable`: no settings of the container's user.
            "curl", "--disable", "--silent", "--show-error", "--noproxy", "*", "--include",
            "--max-time", "\(milliseconds / 1_000).\(String(milliseconds % 1_000 + 1_000).dropFirst())",
            "--", url.description,
        ]
        let result: ExecResult
        do throws(EngineError) { result = try await self.engine.run(command, in: id, within: limit) } catch {
            return error.message.contains("executable file not found")
                ? .unavailable(Self.noCurl) : .unavailable(error.message)
        }
        return Self.outcome(of: result)
    }

    private static let noCurl = "no curl in the container"

    /// What curl's exit codes say about the service.
    static func outcome(of result: ExecResult) -> ProbeOutcome {
        let complaint = String(result.stderr.drop { $0.isWhitespace }.prefix { !$0.isNewline })
        switch result.exitCode {
        case 126, 127: return .unavailable(noCurl)
        // No connection. Curl has no other code for an unreachable host, which localhost never is.
        case 7: return .refused
        case 28: return .timedOut
        // Our own trouble: curl did not start, does not know an option, or has no memory.
        case 2, 4, 27: return .unavailable(complaint)
        case 0: return Self.answer(in: result.stdout)
        default:
            return .broken(complaint.isEmpty ? "curl ended with \(result.exitCode)" : complaint)
        }
    }

    /// Reads status and body from an answer with its head. The status stands first, so that it survives when the body
    /// is longer than what is kept of the output.
    private static func answer(in output: String) -> ProbeOutcome {
        var rest = Substring(output)
        while rest.hasPrefix("HTTP/") {
            let end = rest.firstRange(of: "\r\n\r\n")
            let status = rest.prefix { !$0.isNewline }.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            rest = end.map { rest[$0.upperBound...] } ?? ""
            guard let status else { break }
            // "100 Continue" and its kind come before the answer.
            if status >= 200 { return .answered(status: status, body: String(rest)) }
        }
        return .broken("the answer has no status")
    }
}
