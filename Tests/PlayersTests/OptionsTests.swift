import Testing

@testable import Players

@Suite("The command line of players")
struct OptionsTests {
    private static let url = ["--url", "http://127.0.0.1:3000"]

    @Test("has defaults for all but the server")
    func defaults() throws {
        let options = try Options(Self.url)
        #expect(options.server.port == 3000)
        #expect(options.players == 100)
        #expect(options.tables == 1)
        #expect(options.games == 1)
        #expect(options.duration == nil)
        #expect(!options.isJSON)
    }

    @Test("with a duration plays on until it is over, unless told how many games")
    func duration() throws {
        #expect(try Options(Self.url + ["--duration", "5"]).games == nil)
        let both = try Options(Self.url + ["--games", "3", "--duration", "5"])
        #expect(both.games == 3)
        #expect(both.duration == .seconds(5))
    }

    @Test(
        "refuses what makes no sense, and names it",
        arguments: [
            ["--players", "x"], ["--players", "1"], ["--players"], ["--tables", "0"], ["--games", "0"],
            ["--match", "26"], ["--nonsense"],
            ["--url", "https://127.0.0.1"], ["--url", "http://example.org"], ["--duration", "-1"],
        ])
    func refusals(arguments: [String]) {
        let fault = #expect(throws: Options.Fault.self) { try Options(Self.url + arguments) }
        #expect(fault?.text.contains(arguments[0]) == true)
    }

    @Test("refuses to play nowhere")
    func server() {
        #expect(throws: Options.Fault.self) { try Options(["--json"]) }
    }
}
