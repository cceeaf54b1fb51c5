/// Finds in SQL what a program written for the schema before it could not live with. During a deploy, and after its
/// undoing, the old version works on the new schema: steps may add, and nothing else.
public enum MigrationCheck {
    /// What stands in a statement that takes it out of the check, as a comment: its author knows what it breaks.
    public static let permission = "-- breaking"

    /// - Returns: one line for each statement that breaks, with what to do instead; empty when all of them only add.
    public static func faults(in sql: String) -> [String] {
        self.statements(sql).compactMap { statement in
            guard !statement.isPermitted, let fault = self.fault(in: statement.words) else { return nil }
            return "\"\(statement.words.prefix(8).joined(separator: " "))\": \(fault)"
                + " (or write \(self.permission) into the statement)"
        }
    }

    private static func fault(in words: [String]) -> String? {
        func has(_ phrase: String) -> Bool { self.contains(words, phrase.split(separator: " ").map(String.init)) }
        if words.first == "drop" || words.first == "truncate" {
            return has("drop index") ? nil : "removes what the version before still uses; do it one release later"
        }
        guard words.starts(with: ["alter", "table"]) || words.starts(with: ["alter", "type"]) else { return nil }
        if has("rename") { return "renames; add the new name, fill it, and remove the old one a release later" }
        if has("drop default") || has("drop not null") || has("drop constraint") { return nil }
        if has("drop") { return "removes what the version before still uses; do it one release later" }
        if has("type") && has("alter column") || has("set data type") {
            return "changes a type; add a column of the new type and fill it"
        }
        if has("set not null") { return "refuses rows of the version before; give the column a default first" }
        for clause in self.clauses(words) where clause.first == "add" {
            let isBare =
                self.contains(clause, ["not", "null"]) && !clause.contains("default")
                && !clause.contains("generated") && !clause.contains("check")
            if isBare { return "adds a column that rows of the version before lack; give it a default" }
        }
        return nil
    }

    /// The parts of an `alter table` between its commas, those within parentheses apart.
    private static func clauses(_ words: [String]) -> [[String]] {
        var clauses: [[String]] = [[]]
        var depth = 0
        for word in words.drop(while: { $0 != "add" }) {
            if word == "(" { depth += 1 }
            if word == ")" { depth -= 1 }
            if word == ",", depth == 0 { clauses.append([]) } else { clauses[clauses.count - 1].append(word) }
        }
        return clauses
    }

    private static func contains(_ words: [String], _ phrase: [String]) -> Bool {
        guard words.count >= phrase.count else { return false }
        return (0...words.count - phrase.count).contains { Array(words[$0..<$0 + phrase.count]) == phrase }
    }

    // MARK: Reading SQL

    private struct Statement {
        var words: [String] = []
        var isPermitted = false
    }

    /// Statements as lower-case words and signs. Comments, texts and quoted names are no words; a body between dollar
    /// signs is none either.
    private static func statements(_ sql: String) -> [Statement] {
        var statements: [Statement] = []
        var current = Statement()
        var word = ""
        var rest = Substring(sql)
        func endWord() {
            if !word.isEmpty { current.words.append(word.lowercased()) }
            word = ""
        }
        func skip(past end: String) -> Substring {
            guard let place = rest.firstRange(of: end) else { return rest[rest.endIndex...] }
            return rest[place.upperBound...]
        }
        while let character = rest.first {
            if rest.hasPrefix("--") {
                let line = rest.prefix { !$0.isNewline }
                if line.hasPrefix(self.permission) { current.isPermitted = true }
                rest = rest[line.endIndex...]
            } else if rest.hasPrefix("/*") {
                rest = skip(past: "*/")
            } else if character == "'" || character == "\"" {
                endWord()
                rest.removeFirst()
                rest = skip(past: String(character))
                current.words.append("?")
            } else if character == "$", let tag = self.dollarTag(rest) {
                rest = rest.dropFirst(tag.count)
                rest = skip(past: tag)
                current.words.append("?")
            } else {
                rest.removeFirst()
                switch character {
                case _ where character.isWhitespace: endWord()
                case ";":
                    endWord()
                    if !current.words.isEmpty { statements.append(current) }
                    current = Statement()
                case "(", ")", ",":
                    endWord()
                    current.words.append(String(character))
                default: word.append(character)
                }
            }
        }
        endWord()
        return current.words.isEmpty ? statements : statements + [current]
    }

    /// `$$` or `$name$`.
    private static func dollarTag(_ text: Substring) -> String? {
        let name = text.dropFirst().prefix { $0.isLetter || $0 == "_" }
        guard text[name.endIndex...].first == "$" else { return nil }
        return "$\(name)$"
    }
}
