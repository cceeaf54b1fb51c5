import Foundation
import Synchronization
import Testing

/// Deploys behind the proxy that holds the port.
@Suite("redeploy --front", .shared)
struct FrontTests {
    @Test(
        "is refused without a front; turned on, a deploy and a rollback under load fail no request, and every answer is one of the two versions'"
    )
    func noGap() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try project.build("ENV GIT_COMMIT=one")
            let first = try await project.deploy()
            #expect(first.code == 0, "\(first.text)")
            #expect(!first.stdout.contains("front"), "a service whose profile is off is none: \(first.text)")
            let refused = try await project.deploy("--front")
            #expect(refused.code == 15 && refused.stderr.contains("selfheal.front: app"), "\(refused.text)")

            try project.turnFrontOn()
            let turned = try await project.deploy("--front")
            #expect(turned.code == 0 && turned.stdout.contains("front: made"), "\(turned.text)")
            #expect(await ask("/front/health", port: project.port) == 200)

            try project.build("ENV GIT_COMMIT=two")
            let load = Load(port: project.port)
            let deployed = try await load.during { try await project.deploy("--front") }
            #expect(deployed.code == 0, "\(deployed.text)")
            #expect(deployed.stdout.contains("start-first because front holds its port"), "\(deployed.text)")
            #expect(deployed.stdout.contains("no request of"), "\(deployed.text)")
            #expect(load.failures.isEmpty, "\(load.failures) of \(load.count)")
            #expect(load.count > 100)
            #expect(load.commits == ["one", "two"])

            let back = Load(port: project.port)
            let rolledBack = try await back.during {
                try await project.selfheal("rollback", "--probation=1", within: .seconds(180))
            }
            #expect(rolledBack.code == 0, "\(rolledBack.text)")
            #expect(back.failures.isEmpty, "\(back.failures) of \(back.count)")
            #expect(back.commits == ["one", "two"])
        }
    }

    @Test("a version that is not what was built is undone without a failed request")
    func undo() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try project.turnFrontOn()
            try project.build("ENV GIT_COMMIT=one")
            let first = try await project.deploy("--front", with: ["COMMIT": "one"])
            #expect(first.code == 0, "\(first.text)")
            let before = try await project.container("app").id
            // Well, and not what was built.
            try project.build("ENV GIT_COMMIT=other")
            let load = Load(port: project.port)
            let output = try await load.during { try await project.deploy("--front", with: ["COMMIT": "two"]) }
            #expect(
                [10, 11].contains(output.code) && output.stderr.contains("commit two was to be built"), "\(output.text)"
            )
            #expect(load.failures.isEmpty, "\(load.failures) of \(load.count)")
            #expect(try await project.container("app").id == before)
        }
    }
}

/// Clients that ask fifty times a second, and what they saw.
private final class Load: Sendable {
    private struct Seen {
        var count = 0
        var failures: [String] = []
        var commits: Set<String> = []
    }

    private let port: Int
    private let seen = Mutex(Seen())

    init(port: Int) { self.port = port }

    var count: Int { self.seen.withLock { $0.count } }
    var failures: [String] { self.seen.withLock { $0.failures } }
    var commits: Set<String> { self.seen.withLock { $0.commits } }

    func during<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    while !Task.isCancelled {
                        await self.askOnce()
                        try await Task.sleep(for: .milliseconds(200))
                    }
                }
            }
            let value = try await body()
            group.cancelAll()
            return value
        }
    }

    private func askOnce() async {
        let answer = await fetch("/health", port: self.port, within: .seconds(10))
        self.seen.withLock { seen in
            seen.count += 1
            guard let answer, answer.status == 200, let commit = Self.commit(in: answer.text) else {
                return seen.failures.append(answer.map { String($0.text.prefix(300)) } ?? "no answer")
            }
            seen.commits.insert(commit)
        }
    }

    private static func commit(in text: String) -> String? {
        text.firstRange(of: #""commit":""#).map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
    }
}

extension LiveProject {
    /// What `scripts/redeploy.sh --front` writes.
    fileprivate func turnFrontOn() throws {
        let text = "COMPOSE_PROFILES=front\nDIRECT_PORT=0\nTRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16\n"
        try Data(text.utf8).write(to: URL(filePath: "\(self.folder)/.env"))
    }
}
