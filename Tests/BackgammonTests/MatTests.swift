import Backgammon
import Foundation
import Testing

@Suite("The .mat file")
struct MatTests {
    static let gnubg = "/usr/games/gnubg"

    @Test("names cannot be taken for another part of the file")
    func names() throws {
        var record = MatchRecord(try #require(Match.Rules(length: 1)))
        try record.append(.init(.white, .roll(try #require(Dice(3, 1)))))
        let lines = record.mat(white: "a:\n1) b", black: "").split(separator: "\n")
        #expect(lines.last?.split(separator: " ") == ["a__1_", "b", ":", "0", "_", ":", "0"])
    }

    @Test(
        "the real GNU Backgammon imports it and writes the same games again",
        .enabled(if: FileManager.default.isExecutableFile(atPath: Self.gnubg)), arguments: UInt64(300)..<303)
    func imported(seed: UInt64) throws {
        let rules = try #require(Match.Rules(length: 5))
        let record = try playRandomMatch(seed: seed, rules: rules).record
        let folder = FileManager.default.temporaryDirectory.appending(path: "gammonguru-mat-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(record.mat(white: "ada", black: "bob").utf8).write(to: folder.appending(path: "in.mat"))
        try Data("import mat \"in.mat\"\nexport match mat \"out.mat\"\nquit\ny\n".utf8)
            .write(to: folder.appending(path: "commands"))

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["60", Self.gnubg, "--tty", "--quiet"]
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: "commands"))
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()

        let exported = try String(contentsOf: folder.appending(path: "out.mat"), encoding: .utf8)
        let (theirs, ours) = (Self.words(exported), Self.words(record.mat(white: "ada", black: "bob")))
        let differing = zip(theirs, ours).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(differing == nil, "from word \(differing?.offset ?? 0) of \(ours.count)")
        #expect(theirs.count == ours.count)
    }

    /// What is left when comments, columns, line numbers, marks of hits and "and the match" are taken away. The steps of one
    /// play are sorted: GNU Backgammon puts them in an order of its own.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var steps: [String] = []
        for line in text.split(separator: "\n") where !line.contains(";") {
            for word in line.replacing("*", with: "").replacing(" and the match", with: "").split(separator: " ") {
                if word.hasSuffix(")") { continue }
                if word.contains("/") {
                    steps.append(String(word))
                } else {
                    words += steps.sorted() + [String(word)]
                    steps = []
                }
            }
        }
        return words + steps.sorted()
    }
}
