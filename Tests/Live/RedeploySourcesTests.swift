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
        "brings back what heals with one git restore as the page has it, touches nothing else, and deployed again it serves",
        .enabled(if: isClone, "needs the repository"))
    func restore() async throws {
        try await LiveProject.run(isStarted: false) { project in
            @discardableResult
            func bash(_ script: String) async throws -> String {
                try await must(["bash", "-euc", script], environment: project.environment, directory: project.folder)
            }
            func expectServing(_ commit: String) async throws {
                let output = try await project.deploy()
                #expect(output.code == 0, "\(output.text)")
                let answer = await fetch("/health", port: project.port, within: .seconds(5))
                #expect(answer?.text.contains(#""commit":"\#(commit)""#) == true, "\(answer?.text ?? "no answer")")
            }
            // A clone whose image is made in a moment.
            try project.build("ENV GIT_COMMIT=good")
            try await bash(
                """
                mkdir ..data && cp Dockerfile docker-compose.dev.yml ..data
                git -c safe.directory='*' clone --quiet --no-checkout '\(Self.root)' ..clone
                mv ..clone/.git . && rmdir ..clone
                git reset --quiet --hard
                for file in Dockerfile docker-compose.dev.yml; do { cat "..data/$file"; echo; } >"$file"; done
                rm -r ..data
                git config user.name x && git config user.email x@localhost
                git commit --quiet --all --message good
                """)
            try await expectServing("good")
            try await self.breakAndRestore(project.folder, bash, expectServing)
        }
    }

    /// - Parameters:
    ///   - clone: its folder, where what is right runs.
    ///   - bash: runs a script there.
    ///   - expectServing: deploys what is there and asks which version it is.
    private func breakAndRestore(
        _ clone: String, _ bash: (String) async throws -> String, _ expectServing: (String) async throws -> Void
    ) async throws {
        let good = try await bash("git rev-parse HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        let command = try self.command(in: clone).replacing("COMMIT", with: good)
        let paths = try #require(command.split(separator: " -- ", maxSplits: 1).last)
            .split { $0.isWhitespace || $0 == "\\" }.map(String.init)
        #expect(paths.contains("Sources/Healing") && paths.contains("scripts/redeploy.sh"))

        // A change of everything that heals goes wrong: files are changed, added and removed.
        _ = try await bash(
            """
            for path in \(paths.joined(separator: " ")); do
                if [[ -d $path ]]; then
                    echo '// wrong' >"$path/Wrong.swift"
                    git rm --quiet "$(git ls-files "$path/*.swift" | head -n 1)"
                else
                    echo '# wrong' >>"$path"
                fi
            done
            echo 'ENV GIT_COMMIT=wrong' >>Dockerfile
            echo 'somebody else'"'"'s work' >>README.md
            git add --all
            git commit --quiet --message wrong
            echo SECRET=kept >.env
            """)
        #expect(try await bash("git diff --name-only \(good)").contains("Wrong.swift"))
        try await expectServing("wrong")
        _ = try await bash(command)
        #expect(try await bash("git diff --name-only \(good)") == "README.md\n")
        #expect(textOfFile("\(clone)/.env") == "SECRET=kept\n")
        try await expectServing("good")
        // And the page says how to change one's mind.
        _ = try await bash("git restore --staged --worktree .")
        #expect(try await bash("git status --short").isEmpty)
    }
}
