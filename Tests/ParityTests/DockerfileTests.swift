import Testing

@testable import Parity

@Suite("Dockerfile")
struct DockerfileTests {
    private func parse(_ text: String) throws -> Dockerfile { try Dockerfile(parsing: text, file: "Dockerfile") }

    @Test("continuation lines are one instruction at its first line; comments and blank lines in them do not count")
    func continuations() throws {
        let file = try self.parse("FROM a\nRUN one \\\n  # not this\n\n  && two\nUSER x\n")
        let instructions = file.stages[0].instructions
        #expect(instructions.map(\.keyword) == ["RUN", "USER"])
        #expect(instructions.map(\.line) == [2, 6])
        #expect(instructions[0].arguments.contains("two") && !instructions[0].arguments.contains("not this"))
    }

    @Test("a heredoc belongs to its instruction, whatever stands in it")
    func heredocs() throws {
        let file = try self.parse(
            "FROM a\nRUN <<A <<-\"B\"\nUSER no\nA\n\tUSER no\n\tB\nCOPY <<C /c\nFROM no\nC\nUSER yes\n")
        #expect(file.stages.count == 1)
        #expect(file.stages[0].instructions.map(\.line) == [2, 7, 10])
    }

    @Test("the escape directive changes what continues a line")
    func escape() throws {
        let file = try self.parse("# escape=`\nFROM a\nRUN one `\n  two\nWORKDIR c:\\\n")
        #expect(file.stages[0].instructions.map(\.line) == [3, 5])
    }

    @Test("a stage stands on an earlier one; its variables and healthcheck are inherited, and the last one counts")
    func stages() throws {
        let file = try self.parse(
            "ARG V=15\nFROM debian:$V AS Base\nENV A=1 B=\"two words\"\nHEALTHCHECK CMD one\nFROM base\nENV A=${B}\nENV C three words"
        )
        let last = try #require(file.stage(nil))
        #expect(file.image(of: last) == "debian:15")
        #expect(
            file.environment(of: last).map { "\($0.name)=\($0.value ?? "")" } == [
                "B=two words", "A=two words", "C=three words",
            ])
        #expect(Project.healthcheck(file, last)?.place.line == 4)
        #expect(file.stage("0")?.name == "base" && file.stage("BASE")?.line == 2 && file.stage("none") == nil)
    }

    @Test(
        "what Docker's builder refuses is refused, with the line",
        arguments: [
            ("", 1), ("# nothing\n", 1), ("RUN x\nFROM a", 1), ("FROM a\n\nRUM x", 3), ("FROM a b", 1),
            ("FROM a\nRUN", 2),
            ("FROM a\nRUN <<X\nx", 2), ("FROM a\nHEALTHCHECK", 2), ("FROM a\nHEALTHCHECK CMD", 2),
            ("FROM a\nHEALTHCHECK --interval=5 CMD x", 2), ("FROM a\nHEALTHCHECK --retries=x CMD x", 2),
            ("FROM a\nHEALTHCHECK --pause=5s CMD x", 2), ("FROM a\nﬆopsignal", 2),
        ])
    func refused(text: String, line: Int) {
        let error = #expect(throws: DockerfileError.self) { try self.parse(text) }
        #expect(error?.line == line)
    }
}
