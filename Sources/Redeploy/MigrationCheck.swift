/// Finds in SQL what a program written for the schema before it could not live with. During a deploy, and after its
/// undoing, the old version works on the new schema: steps may add, and nothing else.
public enum MigrationCheck {
    /// What stands in a statement that takes it out of the check, as a comment: its author knows what it breaks.
    public static let permission = "-- breaking"

    /// - Returns: one line for each statement that breaks, with what to do instead; empty when all of them only add.
    public static func faults(in sql: String) -> [String] {
        let statements = self.statements(sql)
        let new = Additions(statements.map(\.words))
        return statements.compactMap { statement in
            guard !statement.isPermitted, let fault = self.fault(in: statement.words, new) else { return nil }
            return "\"\(statement.words.prefix(8).joined(separator: " "))\": \(fault)"
                + " (or write \(self.permission) into the statement)"
        }
    }

    private static let removal = "removes what the version before still uses; do it one release later"
    private static let restriction = "refuses rows that the version before may write; do it one release later"

    private static func fault(in words: [String], _ new: Additions) -> String? {
        switch words.first {
        case "drop", "truncate", "revoke": return words.starts(with: ["drop", "index"]) ? nil : self.removal
        case "delete", "with":
            let deletion = words.firstRange(of: ["delete", "from"]).map { words[$0.upperBound...] }
            return deletion.map { new.tables.contains(self.name(in: $0)) } ?? true ? nil : self.removal
        case "do", "call": return "can't be looked into; write its statements out"
        case "create" where words.starts(with: ["create", "unique"]):
            let table = words.firstIndex(of: "on").map { self.name(in: words[words.index(after: $0)...]) }
            return new.frees(words, of: table ?? "") ? nil : self.restriction
        case "alter" where words.dropFirst().first != "index":
            let table = self.name(in: self.object(words))
            return self.clauses(words).lazy.compactMap { self.fault(inClause: $0, of: table, new) }.first
        default: return nil
        }
    }

    /// - Parameter clause: one of the things that an `alter table` or the like does.
    private static func fault(inClause clause: [String], of table: String, _ new: Additions) -> String? {
        switch clause.first {
        case "rename": return "renames; add the new name, fill it, and remove the old one a release later"
        case "set" where clause.dropFirst().first == "schema": return "moves it; make the new one beside it"
        case "detach": return self.removal
        case "drop": return clause.dropFirst().first == "constraint" ? nil : self.removal
        case "alter": return clause.dropFirst().first == "constraint" ? nil : self.fault(inChange: clause)
        case "add":
            if self.isConstraint(clause) { return new.frees(clause, of: table) ? nil : self.restriction }
            let bare = self.withoutParentheses(clause)
            let isBare =
                self.contains(bare, ["not", "null"]) && !bare.contains("default") && !bare.contains("generated")
            return isBare ? "adds a column that rows of the version before lack; give it a default" : nil
        default: return nil
        }
    }

    private static func isConstraint(_ clause: [String]) -> Bool {
        let isNamed = clause.starts(with: ["add", "constraint"])
        guard let kind = clause.dropFirst(isNamed ? 3 : 1).first else { return false }
        return ["check", "unique", "primary", "foreign", "exclude"].contains(kind)
    }

    /// What the same text makes: the version before does not know of it, and so breaks no rule about it.
    private struct Additions {
        private(set) var tables: Set<String> = []
        private var columns: Set<String> = []

        init(_ statements: [[String]]) {
            for words in statements {
                if words.first == "create", let place = words.firstIndex(of: "table"), place <= 3 {
                    self.tables.insert(MigrationCheck.name(in: words[words.index(after: place)...]))
                }
                guard words.starts(with: ["alter", "table"]) else { continue }
                let table = MigrationCheck.name(in: words.dropFirst(2))
                for clause in MigrationCheck.clauses(words) where clause.first == "add" {
                    guard !MigrationCheck.isConstraint(clause) else { continue }
                    let column = MigrationCheck.name(in: clause.dropFirst(clause.dropFirst().first == "column" ? 2 : 1))
                    self.columns.insert("\(table) \(column)")
                }
            }
        }

        /// Whether a rule is about something new: whether one that ties a new column to an old one is harmless is left
        /// to its author.
        func frees(_ rule: [String], of table: String) -> Bool {
            self.tables.contains(table) || rule.contains { self.columns.contains("\(table) \($0)") }
        }
    }

    /// The first name in `words`, behind the words that may stand in front of one.
    private static func name(in words: ArraySlice<String>) -> String {
        words.first { !["if", "not", "exists", "only"].contains($0) } ?? ""
    }

    private static func withoutParentheses(_ words: [String]) -> [String] {
        var depth = 0
        return words.filter { word in
            if word == ")" { depth -= 1 }
            defer { if word == "(" { depth += 1 } }
            return depth == 0 && word != ")" && word != "("
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

    /// What an `alter table` or the like does: its parts between commas that are in no parentheses.
    private static func clauses(_ words: [String]) -> [[String]] {
        let named = self.object(words).drop { ["if", "exists", "only"].contains($0) }
        var actions = named.dropFirst().drop { $0 == "*" }
        // The arguments of a function belong to its name.
        if actions.first == "(" { actions = actions.drop { $0 != ")" }.dropFirst() }
        var clauses: [[String]] = [[]]
        var depth = 0
        for word in actions {
            if word == "(" { depth += 1 }
            if word == ")" { depth -= 1 }
            if word == ",", depth == 0 { clauses.append([]) } else { clauses[clauses.count - 1].append(word) }
        }
        return clauses
    }

    /// What stands behind `alter table`, or behind a kind of thing that has two words.
    private static func object(_ words: [String]) -> ArraySlice<String> {
        words.dropFirst(words.count > 1 && ["foreign", "materialized"].contains(words[1]) ? 3 : 2)
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

    /// Statements as lower-case words and signs; a quoted name keeps its quotes, so that it is no keyword. Comments, texts
    /// and bodies between dollar signs are no words.
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
            } else if character == "'" {
                endWord()
                rest.removeFirst()
                rest = skip(past: "'")
                current.words.append("?")
            } else if character == "\"" {
                rest.removeFirst()
                word += "\"\(rest.prefix { $0 != character })\""
                rest = skip(past: "\"")
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
