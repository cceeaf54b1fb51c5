import EventLoop
import Support

/// Runs a program that must succeed.
///
/// - Returns: its stdout, trimmed.
@Loop @discardableResult
func must(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil,
    within limit: Duration = .seconds(60)
) async throws(DrillError) -> String {
    let output: Subprocess.Output
    do throws(Subprocess.Failure) {
        output = try await Subprocess(program, arguments, environment: environment, directory: directory)
            .output(within: limit)
    } catch {
        throw DrillError(error.code == .cancelled ? .interrupted : .notInjected, error.message)
    }
    guard output.exit.code == 0 else {
        let reason = output.stderr.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " | ")
        throw DrillError(
            .notInjected, "\(([program] + arguments.prefix(2)).joined(separator: " ")) failed: \(reason.prefix(500))")
    }
    return output.stdout.split(whereSeparator: \.isNewline).joined(separator: "\n")
}
