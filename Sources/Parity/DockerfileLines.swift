/// The instructions of a Dockerfile's text, one after the other.
struct DockerfileLines {
    private static let keywords: Set<String> = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    private let lines: [Substring]
    private var index = 0
    private var escape: Character = "\\"

    init(_ text: String) {
        // A carriage return and line feed are one Character.
        self.lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        self.readDirectives()
    }

    /// Parser directives are comments of the form `# name=value` before anything else; only `escape` matters here.
    private mutating func readDirectives() {
        for line in self.lines {
            guard line.hasPrefix("#"), let sign = line.firstIndex(of: "=") else { return }
            let name = line[..<sign].dropFirst().filter { !$0.isWhitespace }.lowercased()
            let value = line[line.index(after: sign)...].filter { !$0.isWhitespace }
            if name == "escape", let character = value.first, value.count == 1 { self.escape = character }
        }
    }

    /// The next instruction; nil at the end.
    mutating func next() throws(DockerfileError) -> Dockerfile.Instruction? {
        while self.index < self.lines.count, Self.isBlankOrComment(self.lines[self.index]) { self.index += 1 }
        guard self.index < self.lines.count else { return nil }
        let line = self.index + 1
        let text = self.takeLogicalLine()
        let word = text.prefix { !$0.isWhitespace }
        let keyword = word.uppercased()
        guard Self.keywords.contains(keyword) else {
            throw DockerfileError(line: line, message: "there is no instruction \(keyword.prefix(40))")
        }
        // Capitals may be more letters than the word had.
        var rest = text[word.endIndex...].drop(while: \.isWhitespace)
        let flags = Self.takeFlags(&rest)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        guard !rest.isEmpty else { throw DockerfileError(line: line, message: "\(keyword) has no arguments") }
        var arguments = String(rest)
        if ["RUN", "COPY", "ADD"].contains(keyword), !arguments.hasPrefix("[") {
            for document in Self.heredocs(arguments) { arguments += "\n" + (try self.takeHeredoc(document, line)) }
        }
        return Dockerfile.Instruction(keyword: keyword, line: line, flags: flags, arguments: arguments)
    }

    private static func isBlankOrComment(_ line: Substring) -> Bool {
        let first = line.first { !$0.isWhitespace }
        return first == nil || first == "#"
    }

    /// Joins continuation lines; comments and blank lines between them are left out.
    private mutating func takeLogicalLine() -> Substring {
        var text = ""
        while self.index < self.lines.count {
            var line = self.lines[self.index]
            self.index += 1
            if !text.isEmpty, Self.isBlankOrComment(line) { continue }
            while line.last?.isWhitespace == true { line.removeLast() }
            guard line.last == self.escape else {
                text += line
                break
            }
            text += line.dropLast()
        }
        return text[...].drop(while: \.isWhitespace)
    }

    private static func takeFlags(_ rest: inout Substring) -> [Dockerfile.Flag] {
        var flags: [Dockerfile.Flag] = []
        while rest.hasPrefix("--") {
            let word = rest.prefix { !$0.isWhitespace }
            rest = rest[word.endIndex...].drop(while: \.isWhitespace)
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags.append(Dockerfile.Flag(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : ""))
        }
        return flags
    }

    private struct Heredoc {
        let terminator: String
        let isIndented: Bool
    }

    /// The `<<NAME`, `<<-NAME` and `<<"NAME"` of a line. `<<<` is none.
    private static func heredocs(_ line: String) -> [Heredoc] {
        var heredocs: [Heredoc] = []
        var rest = line[...]
        while let start = rest.firstRange(of: "<<") {
            rest = rest[start.upperBound...]
            if rest.hasPrefix("<") {
                rest = rest.drop { $0 == "<" }
                continue
            }
            let isIndented = rest.hasPrefix("-")
            if isIndented { rest.removeFirst() }
            let quote = rest.first.flatMap { $0 == "\"" || $0 == "'" ? $0 : nil }
            if quote != nil { rest.removeFirst() }
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest[name.endIndex...]
            guard let first = name.first, !first.isNumber, quote == nil || rest.first == quote else { continue }
            heredocs.append(Heredoc(terminator: String(name), isIndented: isIndented))
        }
        return heredocs
    }

    private mutating func takeHeredoc(_ heredoc: Heredoc, _ line: Int) throws(DockerfileError) -> String {
        var body = ""
        while self.index < self.lines.count {
            let line = self.lines[self.index]
            self.index += 1
            let candidate = heredoc.isIndented ? line.drop { $0 == "\t" } : line
            if candidate == heredoc.terminator { return body }
            body += line + "\n"
        }
        throw DockerfileError(line: line, message: "the heredoc \(heredoc.terminator) does not end")
    }
}
