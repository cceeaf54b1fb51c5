import Glibc

/// Says something to whoever runs this program, on stderr.
public func complain(_ message: String, as program: String = "selfheal") {
    let line = "\(program): \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
