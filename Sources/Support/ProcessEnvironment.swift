import Glibc

/// The environment this process was started with. Bytes that are no UTF-8 come out as replacement characters.
public func processEnvironment() -> [String: String] {
    var environment: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
        let text = String(cString: pointer)
        if let sign = text.firstIndex(of: "=") {
            environment[String(text[..<sign])] = String(text[text.index(after: sign)...])
        }
        entry += 1
    }
    return environment
}
