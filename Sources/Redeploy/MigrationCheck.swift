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

    private static let removal = "removes what the version before still uses; do it one release later"

    private static func fault(in words: [String]) -> String? {
        switch words.first {
        case "drop", "truncate": return words.starts(with: ["drop", "index"]) ? nil : self.removal
        case "do": return "can't be looked into; write its statements out"
        case "alter" where ["table", "type"].contains(words.dropFirst().first):
            return self.clauses(words).lazy.compactMap(self.fault(inClause:)).first
        default: return nil
        }
    }

    /// - Parameter clause: one of the things that an `alter table` or `alter type` does, without what is in parentheses.
    private static func fault(inClause clause: [String]) -> String? {
        switch clause.first {
        case "rename": return "renames; add the new name, fill it, and remove the old one a release later"
        case "drop": return clause.dropFirst().first == "constraint" ? nil : self.removal
        case "alter": return clause.dropFirst().first == "constraint" ? nil : self.fault(inChange: clause)
        case "add":
            let isBare =
                self.contains(clause, ["not", "null"]) && !clause.contains("default") && !clause.contains("generated")
            return isBare ? "adds a column that rows of the version before lack; give it a default" : nil
        default: return nil
        }
    }

    /// - Parameter clause: `alter [column | attribute] NAME` and what becomes of it.
    private static func fault(inChange clause: [String]) -> String? {
        let hasNoun = ["column", "attribute"].contains(clause.dropFirst().first)
        let change = clause.dropFirst(hasNoun ? 3 : 2)
        if change.first == "type" || change.starts(with: ["set", "data", "type"]) {
            return "changes a type; add a column of the new type and fill it"
        }
        if change.starts(with: ["set", "not", "null"]) {
            return "refuses rows of the version before; give the column a default first"
        }
        let isHarmless = change.starts(with: ["drop", "default"]) || change.starts(with: ["drop", "not", "null"])
        return change.first == "drop" && !isHarmless ? self.removal : nil
    }

    /// What an `alter table` or `alter type` does: its parts between commas, without what is in parentheses.
    private static func clauses(_ words: [String]) -> [[String]] {
        let named = words.dropFirst(2).drop { ["if", "exists", "only"].contains($0) }
        // Of a quoted name there are several words.
        let actions = named.dropFirst().drop { $0.hasPrefix(".") || $0 == "?" || $0 == "*" }
        var clauses: [[String]] = [[]]
        var depth = 0
        for word in actions {
            switch word {
            case "(": depth += 1
            case ")": depth -= 1
            case ",": if depth == 0 { clauses.append([]) }
            default: if depth == 0 { clauses[clauses.count - 1].append(word) }
            }
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
