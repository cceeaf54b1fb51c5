/// A Dockerfile: its instructions by stage, each with the line where it begins.
struct Dockerfile: Hashable, Sendable {
    /// One instruction, its continuation lines joined.
    struct Instruction: Hashable, Sendable {
        /// In capitals.
        let keyword: String
        let line: Int
        /// `--name=value` before the arguments; the value is empty where there is none.
        let flags: [Flag]
        let arguments: String

        /// The words of the exec form (`["a", "b"]`); nil for the shell form.
        var list: [String]? { Dockerfile.list(self.arguments) }
    }

    struct Flag: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// A name and what it is set to; nil for an `ARG` without a default.
    struct Variable: Hashable, Sendable {
        let name: String
        let value: String?
        let line: Int
    }

    struct Stage: Hashable, Sendable {
        /// From `AS`, in small letters.
        let name: String?
        /// The image, or the name of an earlier stage.
        let base: String
        let line: Int
        var instructions: [Instruction] = []
    }

    /// The path that findings name.
    let file: String
    /// `ARG`s before the first `FROM`.
    var globalArguments: [Variable] = []
    /// At least one.
    var stages: [Stage] = []

    /// The stage called `name` or numbered so; the last one for nil.
    func stage(_ name: String?) -> Stage? {
        guard let name else { return self.stages.last }
        if let number = Int(name), self.stages.indices.contains(number) { return self.stages[number] }
        return self.stages.last { $0.name == name.lowercased() }
    }

    /// `stage` and those it is built on, the first one first.
    func lineage(_ stage: Stage) -> [Stage] {
        var lineage = [stage]
        // A stage can only stand on an earlier one, so this ends.
        while let first = lineage.first, let parent = self.parent(of: first) { lineage.insert(parent, at: 0) }
        return lineage
    }

    private func parent(of stage: Stage) -> Stage? {
        self.stages.last { $0.line < stage.line && $0.name == stage.base.lowercased() }
    }

    /// All instructions that make up `stage`, those of its bases first.
    func instructions(of stage: Stage) -> [Instruction] { self.lineage(stage).flatMap(\.instructions) }

    /// The image at the root of `stage`, global arguments replaced.
    func image(of stage: Stage) -> String {
        let base = self.lineage(stage)[0].base
        return ShellText.expanded(base) { name in self.globalArguments.last { $0.name == name }?.value } ?? base
    }

    /// What `ENV` sets in `stage`, variables replaced where their values are known. Of a name set twice the last counts.
    func environment(of stage: Stage) -> [Variable] {
        var known: [String: String] = [:]
        var environment: [Variable] = []
        for instruction in self.instructions(of: stage) {
            for variable in Dockerfile.variables(instruction) {
                let value = variable.value.map { text in ShellText.expanded(text) { known[$0] } ?? text }
                if let value { known[variable.name] = value }
                guard instruction.keyword == "ENV" else { continue }
                environment.removeAll { $0.name == variable.name }
                environment.append(Variable(name: variable.name, value: value, line: variable.line))
            }
        }
        return environment
    }

    /// What an `ENV` or `ARG` sets; nothing for other instructions.
    static func variables(_ instruction: Instruction) -> [Variable] {
        guard instruction.keyword == "ENV" || instruction.keyword == "ARG" else { return [] }
        let words = ShellText.words(instruction.arguments)
        if instruction.keyword == "ENV", let first = words.first, !first.contains("=") {
            // The old form: one name, a blank, and the rest of the line.
            return [Variable(name: first, value: words.dropFirst().joined(separator: " "), line: instruction.line)]
        }
        return words.map { word in
            guard let sign = word.firstIndex(of: "=") else {
                return Variable(name: word, value: nil, line: instruction.line)
            }
            let value = String(word[word.index(after: sign)...])
            return Variable(name: String(word[..<sign]), value: value, line: instruction.line)
        }
    }
}
