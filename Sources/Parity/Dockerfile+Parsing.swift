import FoundationEssentials

extension Dockerfile {
    /// Reads a Dockerfile: parser directives, comments, continuation lines, heredocs and stages. Instructions are told by
    /// name; of their arguments only those are checked that findings depend on.
    ///
    /// - Throws: for the first thing that Docker's own builder would refuse.
    init(parsing text: String, file: String) throws(DockerfileError) {
        self.file = file
        var lines = DockerfileLines(text)
        while let instruction = try lines.next() { try self.add(instruction) }
        guard !self.stages.isEmpty else { throw DockerfileError(line: 1, message: "there is no FROM") }
    }

    private mutating func add(_ instruction: Instruction) throws(DockerfileError) {
        switch instruction.keyword {
        case "FROM": self.stages.append(try Self.stage(instruction))
        case "ARG" where self.stages.isEmpty: self.globalArguments += Self.variables(instruction)
        case _ where self.stages.isEmpty:
            throw DockerfileError(
                line: instruction.line, message: "\(instruction.keyword) stands before the first FROM")
        case "HEALTHCHECK":
            _ = try Healthcheck(instruction, file: self.file)
            self.stages[self.stages.count - 1].instructions.append(instruction)
        default: self.stages[self.stages.count - 1].instructions.append(instruction)
        }
    }

    private static func stage(_ instruction: Instruction) throws(DockerfileError) -> Stage {
        let words = instruction.arguments.split(whereSeparator: \.isWhitespace).map(String.init)
        if words.count == 1 { return Stage(name: nil, base: words[0], line: instruction.line) }
        guard words.count == 3, words[1].lowercased() == "as" else {
            throw DockerfileError(line: instruction.line, message: "FROM takes an image, or an image AS a name")
        }
        return Stage(name: words[2].lowercased(), base: words[0], line: instruction.line)
    }

    /// The words of `["a", "b"]`; nil for what is no list of texts in JSON.
    static func list(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
}

extension Healthcheck {
    /// Reads a `HEALTHCHECK` instruction.
    init(_ instruction: Dockerfile.Instruction, file: String) throws(DockerfileError) {
        func refuse(_ message: String) -> DockerfileError { DockerfileError(line: instruction.line, message: message) }
        let place = Place(file, instruction.line)
        self.init(place: place, testPlace: place)
        let words = instruction.arguments.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let command = words.count > 1 ? String(words[1].drop(while: \.isWhitespace)) : ""
        switch words.first?.uppercased() {
        case "NONE": self.test = ["NONE"]
        case "CMD" where !command.isEmpty:
            self.test = Dockerfile.list(command).map { ["CMD"] + $0 } ?? ["CMD-SHELL", command]
        default: throw refuse("HEALTHCHECK takes NONE, or CMD and a command")
        }
        for flag in instruction.flags {
            let duration = Duration(compose: flag.value)
            switch flag.name {
            case "retries":
                self.retries = Int(flag.value)
                if self.retries == nil { throw refuse("HEALTHCHECK --retries takes a number") }
                continue
            case "interval": self.interval = duration
            case "timeout": self.timeout = duration
            case "start-period": self.startPeriod = duration
            case "start-interval": break
            default: throw refuse("HEALTHCHECK knows no --\(flag.name)")
            }
            if duration == nil { throw refuse("HEALTHCHECK --\(flag.name) takes a duration such as 30s") }
        }
    }
}
