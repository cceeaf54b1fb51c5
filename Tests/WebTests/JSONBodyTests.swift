import Testing

@testable import Web

@Suite("A JSON body")
struct JSONBodyTests {
    struct Wish: Decodable, Equatable {
        struct Clock: Decodable, Equatable {
            var reserveSeconds: Int
        }

        var matchLength: Int?
        var names: [String]?
        var clock: Clock?
    }

    struct Registration: Decodable {
        var name: String
    }

    private func wish(_ bytes: [UInt8]) throws(HTTPProblem) -> Wish {
        try HTTPRequest("POST", "/", body: bytes).json()
    }

    private func problem<Value: Decodable>(_ text: String, _: Value.Type) -> HTTPProblem? {
        do throws(HTTPProblem) {
            _ = try HTTPRequest("POST", "/", body: Array(text.utf8)).json(Value.self)
            return nil
        } catch {
            return error
        }
    }

    @Test("is read, unknown members are ignored, and an absent one is an empty object")
    func reads() throws {
        #expect(try wish([]) == Wish())
        let text = #"{"matchLength": 5, "other": [{}], "clock": {"reserveSeconds": 10, "x": 1}, "names": ["]}\"[{ä"]}"#
        #expect(
            try wish(Array(text.utf8))
                == Wish(matchLength: 5, names: [#"]}"[{ä"#], clock: Wish.Clock(reserveSeconds: 10)))
    }

    @Test(
        "that is no JSON is a 400 with a code",
        arguments: ["{", "}", "nonsense", #"{"a":}"#, "{} {}", "\u{0}", "[1", #"{"a"#, #"{"a":1,}"#, #"{"a":[1,]}"#])
    func malformed(text: String) {
        let problem = problem(text, Wish.self)
        #expect(problem?.status == 400)
        #expect(problem?.code == "malformed_json")
    }

    @Test("in other encodings than UTF-8 is refused")
    func encodings() {
        for bytes: [UInt8] in [[0x7B, 0, 0x7D, 0], [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], [0x22, 0xC3, 0x22]] {
            #expect(throws: HTTPProblem(400, "malformed_json", "JSON is sent in UTF-8.")) { try wish(bytes) }
        }
    }

    @Test("may be 32 levels deep and no deeper; brackets in texts do not count")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            #"{"other":"# + String(repeating: "[", count: levels - 1) + #""[[\"[{""#
                + String(repeating: "]", count: levels - 1) + "}"
        }
        #expect(problem(nested(32), Wish.self) == nil)
        #expect(problem(nested(33), Wish.self)?.detail == "The JSON is more than 32 levels deep.")
        #expect(problem(String(repeating: "[", count: 60_000), Wish.self)?.code == "malformed_json")
    }

    @Test(
        "with a wrong member names it",
        arguments: [
            (#"{"matchLength": "5"}"#, "The member matchLength has the wrong type."),
            (#"{"clock": {}}"#, "The member clock.reserveSeconds is missing."),
            (#"{"names": ["a", 1]}"#, "The member names.[1] has the wrong type."),
            ("[]", "The JSON has the wrong type."),
        ])
    func wrongMember(text: String, detail: String) {
        #expect(problem(text, Wish.self) == HTTPProblem(400, "invalid_field", detail))
    }

    @Test("without a required member, or with null in its place, names it")
    func missing() {
        #expect(problem("{}", Registration.self)?.detail == "The member name is missing.")
        #expect(problem(#"{"name": null}"#, Registration.self)?.detail == "The member name is null.")
    }
}
