import EventLoop
import Testing
import Web

@testable import Backend

@Suite("Pages of other origins")
struct CrossOriginTests {
    init() { Loop.startThread() }

    @Loop private static func ask(_ filter: @escaping Router.Filter, _ method: String, _ fields: [(String, String)])
        async
        -> HTTPResponse
    {
        var router = Router(filters: [filter])
        router.on("GET", "/a") { _ in HTTPResponse.json("well") }
        let headers = HeaderBlock(fields.map { .init($0.0, $0.1) })
        return await router.answer(HTTPRequest(method, "/a", headers: headers))
    }

    private static func allowed(_ response: HTTPResponse) -> String? {
        response.headers.first { $0.name == "Access-Control-Allow-Origin" }?.value
    }

    @Test("may use the API when they are listed, and no others")
    @Loop func origins() async throws {
        let filter = try CrossOrigin("https://example.org, http://localhost:5173").filter
        for origin in ["https://example.org", "http://localhost:5173"] {
            let response = await Self.ask(filter, "GET", [("Origin", origin)])
            #expect(response.status == 200 && Self.allowed(response) == origin)
            #expect(response.headers.contains(.init("Vary", "Origin")))
        }
        for origin in ["https://example.org.evil.net", "http://example.org", "https://EXAMPLE.org", "null", ""] {
            let response = await Self.ask(filter, "GET", [("Origin", origin)])
            #expect(response.status == 200 && Self.allowed(response) == nil)
            #expect(response.headers.contains(.init("Vary", "Origin")))
        }
        #expect(await Self.allowed(Self.ask(filter, "GET", [])) == nil)
    }

    @Test("are told beforehand what they may send, when they are listed")
    @Loop func preflight() async throws {
        let filter = try CrossOrigin("https://example.org").filter
        let asking = ("Access-Control-Request-Method", "POST")
        let answer = await Self.ask(filter, "OPTIONS", [("Origin", "https://example.org"), asking])
        #expect(answer.status == 204 && Self.allowed(answer) == "https://example.org")
        #expect(answer.headers.contains(.init("Access-Control-Allow-Headers", "Authorization, Content-Type")))
        #expect(!answer.headers.contains { $0.name == "Access-Control-Allow-Credentials" })
        let other = await Self.ask(filter, "OPTIONS", [("Origin", "https://evil.net"), asking])
        #expect(other.status == 405 && Self.allowed(other) == nil)
        #expect(await Self.ask(filter, "OPTIONS", [("Origin", "https://example.org")]).status == 405)
    }

    @Test("change nothing when none is listed")
    @Loop func none() async {
        let response = await Self.ask(CrossOrigin.none.filter, "GET", [("Origin", "https://example.org")])
        #expect(response == .json("well"))
    }

    @Test(
        "are refused as a setting when they are no origins",
        arguments: [
            "*", "null", "example.org", "https://example.org/", "https://", "https://a b", "https://A.org", "a,",
        ])
    func malformed(text: String) {
        #expect(throws: CrossOrigin.Fault.self) { try CrossOrigin(text) }
    }
}
