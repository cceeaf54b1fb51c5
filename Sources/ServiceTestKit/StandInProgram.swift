/// Makes `script` a program at `path`, to stand in for a real one. Blocks for some milliseconds.
///
/// A process of its own writes it: of what is open for writing here, whatever another test starts at this moment has a
/// copy until it runs its own program, and a file that anybody has open for writing can't be run ("Text file busy").
public func makeProgram(_ script: String, at path: String) throws {
    let (status, text) = try ChildProcess.run(
        "/bin/sh", ["-c", #"printf %s "$1" >"$2" && chmod 755 "$2""#, "sh", script, path],
        environment: ["PATH": "/usr/bin:/bin"], within: .seconds(10))
    guard status == 0 else { throw TestKitError("\(path) can't be made: \(text)") }
}
