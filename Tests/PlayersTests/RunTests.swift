import EventLoop
import FoundationEssentials
import ServiceTestKit
import Support
import Testing

@testable import Players

/// The JSON in `text`.
func parse(_ text: String) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

extension JSONValue {
    var number: Int? { if case .integer(let value) = self { value } else { nil } }
}

@Suite("A run of players")
struct RunTests {
    init() { Loop.startThread() }

    @Loop private static func run(against server: ScriptedServer, _ arguments: [String]) async throws -> Report {
        let report = await Run(try Options(["--url", server.url] + arguments)).run()
        await server.stop()
        return report
    }

    @Test("plays all games to their end through connections that break before the answer, and loses nothing")
    @Loop func breaks() async throws {
        let server = try ScriptedServer(breaksEvery: 37)
        let report = try await Self.run(against: server, ["--players", "6", "--games", "3"])
        #expect(report.faults == [])
        #expect(report.isWell)
        #expect(report.gamesOver == 9)
        #expect(report.connectionsLost > 0)
        #expect(report.ofPlayers.count > 0)
        #expect(report.played.acknowledged > 9 * 10)
        #expect(report.json["lost"] == 0)
        #expect(report.json["ok"] == true)
    }

    @Test("plays at several tables over one connection for each player, with one command under way in all of them")
    @Loop func tables() async throws {
        let server = try ScriptedServer(breaksEvery: .max, isSlow: true)
        let report = try await Self.run(against: server, ["--players", "4", "--tables", "3", "--games", "2"])
        #expect(report.faults == [])
        #expect(report.isWell && report.gamesOver == 12)
        #expect(server.connections == 4)
        #expect(server.underWayMost == 1)
    }

    @Test("brings the games at all tables to their end through connections that break, and loses nothing")
    @Loop func tablesBreak() async throws {
        let server = try ScriptedServer(breaksEvery: 37)
        let report = try await Self.run(against: server, ["--players", "4", "--tables", "3"])
        #expect(report.faults == [])
        #expect(report.isWell && report.gamesOver == 6)
        #expect(report.connectionsLost > 0)
    }

    @Test("plays on with fresh tokens when the old ones end in the middle of games")
    @Loop func tokensEnd() async throws {
        let server = try ScriptedServer(breaksEvery: 37, endsTokens: true)
        let report = try await Self.run(against: server, ["--players", "6", "--games", "3"])
        #expect(report.faults == [])
        #expect(report.isWell && report.gamesOver == 9)
        #expect(server.refreshes > 6)
    }

    @Test("says so when the server has lost what it acknowledged")
    @Loop func lost() async throws {
        let server = try ScriptedServer(breaksEvery: 1000, forgets: 10)
        let report = try await Self.run(against: server, ["--players", "2", "--seed", "5"])
        #expect(report.audit.lost > 0)
        #expect(report.audit.illegal == 1)
        #expect(!report.isWell)
        #expect(report.text.contains("fault: game 1"))
    }

    @Test("the program explains itself, and refuses wrong usage with 2")
    func program() async throws {
        let help = try await onThread {
            try ChildProcess.run(builtProgram("players"), ["--help"], within: .seconds(30))
        }
        #expect(help.status == 0)
        #expect(help.text.contains("usage: players --url"))
        let wrong = try await onThread {
            try ChildProcess.run(builtProgram("players"), ["--nonsense"], within: .seconds(30))
        }
        #expect(wrong.status == 2)
        #expect(wrong.text == "players: there is no --nonsense; see players --help\n")
    }
}
