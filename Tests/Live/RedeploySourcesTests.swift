import Foundation
import Testing

/// The operator's page says how everything that heals is taken back. The page's own words are run, in a clone.
@Suite("the rollback of the sources", .shared)
struct RedeploySourcesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static var isClone: Bool { FileManager.default.fileExists(atPath: "\(self.root)/.git") }

    /// The command of README_self_heal.md, over all its lines.
    private func command(in clone: String) throws -> String {
        let page = textOfFile("\(clone)/README_self_heal.md")
        let begin = try #require(page.firstRange(of: "git restore --source=COMMIT")).lowerBound
        var lines: [Substring] = []
        for line in page[begin...].split(separator: "\n") {
            lines.append(line)
            if !line.hasSuffix("\\") { break }
        }
        return lines.joined(separator: "\n")
    }

    @Test(
        "brings back what heals with one git restore as the page has it, and touches nothing else",
        .enabled(if: isClone, "needs the repository"))
    func restore() async throws {
        let clone = NSTemporaryDirectory() + "live-clone-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        defer { try? FileManager.default.removeItem(atPath: clone) }
        @discardableResult
        func bash(_ script: String) async throws -> String {
            try await must(["bash", "-euc", script], directory: clone)
        }
        try await must(["git", "-c", "safe.directory=*", "clone", "--quiet", Self.root, clone])
        let good = try await bash("git rev-parse HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        let command = try self.command(in: clone).replacing("COMMIT", with: good)
        let paths = try #require(command.split(separator: " -- ", maxSplits: 1).last)
            .split { $0.isWhitespace || $0 == "\\" }.map(String.init)
        #expect(paths.contains("Sources/Healing") && paths.contains("scripts/redeploy.sh"))

        // A change of everything that heals goes wrong: files are changed, added and removed.
        try await bash(
            """
            for path in \(paths.joined(separator: " ")); do
                if [[ -d $path ]]; then
                    echo '// wrong' >"$path/Wrong.swift"
                    git rm --quiet "$(git ls-files "$path/*.swift" | head -n 1)"
                else
                    echo '# wrong' >>"$path"
                fi
            done
            echo 'somebody else'"'"'s work' >>README.md
            git add --all
            git -c user.name=x -c user.email=x@localhost commit --quiet --message wrong
            echo SECRET=kept >.env
            """)
        #expect(try await bash("git diff --name-only \(good)").contains("Wrong.swift"))
        try await bash(command)
        #expect(try await bash("git diff --name-only \(good)") == "README.md\n")
        #expect(textOfFile("\(clone)/.env") == "SECRET=kept\n")
        // And the page says how to change one's mind.
        try await bash("git restore --staged --worktree .")
        #expect(try await bash("git status --short").isEmpty)
    }
}
