/// What a healthcheck asks over HTTP.
struct Probe: Hashable, Sendable {
    /// `curl` or `wget`; nil for another program.
    var tool: String?
    let port: Int
    /// From the slash on, without the query.
    let path: String
    /// Whether an error status fails the check; nil where that depends on what a pipe does with the answer.
    var failsOnErrorStatus: Bool?
    /// Whether a variable stands where no shell replaces it.
    let hasUnexpandedVariable: Bool

    /// Nil when no URL is asked, or none whose variables are known.
    ///
    /// - Parameter value: what a variable is inside the container.
    init?(_ test: [String], value: (String) -> String?) {
        let isShell = test.first == "CMD-SHELL"
        guard isShell || test.first == "CMD" else { return nil }
        let words = isShell ? ShellText.words(test.dropFirst().joined(separator: " ")) : Array(test.dropFirst())
        guard let url = words.first(where: { $0.contains("http://") || $0.contains("https://") }) else { return nil }
        guard let target = ShellText.expanded(url, value).flatMap(Self.target) else { return nil }
        (self.port, self.path) = target
        self.hasUnexpandedVariable = !isShell && words.contains(where: ShellText.hasVariable)
        let programs = words.map { $0.split(separator: "/").last.map(String.init) ?? "" }
        self.tool = programs.first { $0 == "curl" || $0 == "wget" }
        let isPiped = isShell && words.contains("|")
        switch self.tool {
        case "curl" where !isPiped: self.failsOnErrorStatus = words.contains(where: Self.isFail)
        case "wget" where !isPiped: self.failsOnErrorStatus = true
        default: self.failsOnErrorStatus = nil
        }
    }

    private static func target(_ url: String) -> (Int, String)? {
        let isSecure = url.contains("https://")
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        var port = isSecure ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            port = number
        }
        return (port, path.isEmpty ? "/" : String(path))
    }

    /// Whether a word of curl's command line is `--fail`, or a cluster of short options with `f` in it. What follows a
    /// letter that takes a value is that value.
    private static func isFail(_ word: String) -> Bool {
        if word == "--fail" || word == "--fail-with-body" { return true }
        guard word.hasPrefix("-"), !word.hasPrefix("--") else { return false }
        return word.dropFirst().prefix { !"AbcCdDeEFhHKmoPQrtTuUwxXyYz".contains($0) }.contains("f")
    }
}
