import Foundation
import ServiceTestKit
import Synchronization
import Testing

/// Deploys behind the proxy that holds the port.
@Suite("redeploy --front", .shared)
struct FrontTests {
    @Test(
        "is refused without one; with it a deploy and a rollback under load fail no request, and WebSockets come back at once"
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
            let none = try await project.selfheal("rollback")
            #expect(none.code == 10 && none.stderr.contains("app:keep-2"), "no front blocks the way: \(none.text)")

            try project.build("ENV GIT_COMMIT=two")
            let load = Load(port: project.port, token: try project.register())
            let deployed = try await load.during { try await project.deploy("--front") }
            #expect(deployed.code == 0, "\(deployed.text)")
            #expect(deployed.stdout.contains("start-first because front holds its port"), "\(deployed.text)")
            #expect(deployed.stdout.contains("no request of"), "\(deployed.text)")
            #expect(load.failures.isEmpty, "\(load.failures) of \(load.count)")
            #expect(load.count > 100)
            #expect(load.commits == ["one", "two"])
            // It restarts, come again; one each, and each was let in again at its first try.
            #expect(load.closes == [1012: Load.sockets])

            let back = Load(port: project.port)
            let rolledBack = try await back.during {
                try await project.selfheal("rollback", "--probation=1", within: .seconds(180))
            }
            #expect(rolledBack.code == 0, "\(rolledBack.text)")
            #expect(back.failures.isEmpty, "\(back.failures) of \(back.count)")
            #expect(back.commits == ["one", "two"])
            try await self.turnOff(project)
        }
    }

    /// The port goes back to `app`: a deploy that fails leaves it to the front, one that succeeds removes that.
    private func turnOff(_ project: LiveProject) async throws {
        let lib = "\(repository)/scripts/lib"
        try await must([
            "bash", "-euc", "source \(lib)/common.sh; source \(lib)/front.sh; root=\(project.folder) turn_front_off",
        ])
        #expect(textOfFile("\(project.folder)/.env").isEmpty)
        let before = try await project.allContainers()
        let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
        try project.build("ENV GIT_COMMIT=other")
        let failed = try await project.deploy(with: ["COMMIT": "three"])
        #expect(failed.code == 11 && failed.stderr.contains("commit three was to be built"), "\(failed.text)")
        #expect(try await project.allContainers() == before, "\(failed.text)")
        #expect(await ask("/front/health", port: project.port, within: .seconds(5)) == 200)

        try project.build("ENV GIT_COMMIT=three")
        let off = try await project.deploy(with: ["COMMIT": "three"])
        #expect(off.code == 0 && off.stdout.contains("gap seen on"), "\(off.text)")
        #expect(await ask("/health", port: project.port, within: .seconds(5)) == 200)
        #expect(await ask("/front/health", port: project.port, within: .seconds(5)) == 404)
        // It began when there was a front, which is gone for good now.
        try await watchdog.expectQuiet(for: .seconds(5))
        try await watchdog.stop()
        let names = try await project.allContainers().map { $0.split(separator: " ").first.map(String.init) }
        #expect(names == ["\(project.name)-app-1", "\(project.name)-db-1"])
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

    @Test("a front that is frozen is healed as the service behind it is")
    func frozen() async throws {
        try await LiveProject.run(isStarted: false) { project in
            try project.turnFrontOn()
            try project.build("ENV GIT_COMMIT=one")
            let deployed = try await project.deploy("--front")
            #expect(deployed.code == 0, "\(deployed.text)")
            let watchdog = try await project.watch(with: ["INTERVAL_SECONDS": "2"])
            let master = try await project.container("front").pid
            let workers = textOfFile("/proc/\(master)/task/\(master)/children").split(separator: " ")
            for pid in [master] + workers.compactMap({ pid_t($0) }) where pid > 1 { kill(pid, SIGSTOP) }
            try await watchdog.journal.waitUntilHealed("front", by: "action", within: .seconds(120))
            #expect(await ask("/health", port: project.port, within: .seconds(10)) == 200)
            try await watchdog.stop()
        }
    }
}

/// Clients that ask fifty times a second, others that keep a WebSocket and come again whenever it is closed, and what they
/// saw.
private final class Load: Sendable {
    private struct Seen {
        var count = 0
        var failures: [String] = []
        var commits: Set<String> = []
        var closes: [Int: Int] = [:]
        var isOver = false
    }

    static let sockets = 5
    private let port: Int
    private let token: String?
    private let seen = Mutex(Seen())

    /// - Parameter token: of the account that plays; nobody does without one.
    init(port: Int, token: String? = nil) {
        self.port = port
        self.token = token
    }

    var count: Int { self.seen.withLock { $0.count } }
    var failures: [String] { self.seen.withLock { $0.failures } }
    var commits: Set<String> { self.seen.withLock { $0.commits } }
    /// How often WebSockets were closed, by code.
    var closes: [Int: Int] { self.seen.withLock { $0.closes } }

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
            if let token = self.token {
                for _ in 0..<Self.sockets { group.addTask { await offload { self.keepSocket(token) } } }
            }
            let value = try await body()
            self.seen.withLock { $0.isOver = true }
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

    private func keepSocket(_ token: String) {
        while !self.isOver {
            do {
                let socket = try WebSocketClient(
                    port: UInt16(self.port), path: "/ws", headers: ["Authorization: Bearer \(token)"])
                guard socket.handshake.status == 101 else {
                    throw Trouble("the handshake was answered with \(socket.handshake.status)")
                }
                guard let code = try self.closeCode(of: socket) else { return }
                self.seen.withLock { $0.closes[code, default: 0] += 1 }
            } catch {
                self.seen.withLock { $0.failures.append("\(error)") }
                return
            }
        }
    }

    private var isOver: Bool { self.seen.withLock { $0.isOver } }

    /// Nil when it is over before the server closes.
    private func closeCode(of socket: WebSocketClient) throws -> Int? {
        while !self.isOver {
            let began = ContinuousClock.now
            switch socket.next(within: .seconds(1)) {
            case let frame? where frame.opcode == 8: return frame.closeCode ?? 0
            case let frame? where frame.opcode == 9: socket.send(10, frame.payload)
            case .some: break
            case nil:
                // Nothing to be read for a second, or nothing ever again.
                guard began.duration(to: .now) > .milliseconds(900) else {
                    throw Trouble("a WebSocket ended without a close frame")
                }
            }
        }
        return nil
    }

    private static func commit(in text: String) -> String? {
        text.firstRange(of: #""commit":""#).map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
    }
}

extension LiveProject {
    /// Makes an account.
    ///
    /// - Returns: its access token.
    fileprivate func register() throws -> String {
        let body = #"{"name":"somebody","password":"a long enough one"}"#
        let client = try RawClient(port: UInt16(self.port))
        let head = "POST /api/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client.send("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let answer = try #require(client.answer(within: .seconds(30)))
        let text = answer.body
        let token = text.firstRange(of: #""accessToken":""#).map { text[$0.upperBound...].prefix { $0 != "\"" } }
        return String(try #require(token, "\(answer.status) \(text)"))
    }

    /// What `scripts/redeploy.sh --front` writes.
    fileprivate func turnFrontOn() throws {
        let text = "COMPOSE_PROFILES=front\nDIRECT_PORT=0\nTRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16\n"
        try Data(text.utf8).write(to: URL(filePath: "\(self.folder)/.env"))
    }
}
