import EventLoop
import Support
import Testing

@testable import Web

@Suite("The router")
struct RouterTests {
    init() { Loop.startThread() }

    private static func marking(_ name: String) -> Router.Filter {
        { request, next in
            var response = await next(request)
            response.headers.append(.init("Via", name))
            return response
        }
    }

    private static func router() -> Router {
        var router = Router(filters: [Self.marking("outer"), Self.marking("inner")])
        router.on("GET", "/a") { _ in .json("got") }
        router.on("POST", "/a") { request in .json(.integer(request.body.count)) }
        router.on("GET", "/probe", [.unfiltered, .probe]) { _ in .json("probed") }
        return router
    }

    @Test(
        "chooses by path, then by method",
        arguments: [
            ("GET", "/a", 200, "\"got\"\n"), ("GET", "/a?b=/probe", 200, "\"got\"\n"), ("HEAD", "/a", 200, "\"got\"\n"),
            ("GET", "http://example.org/a", 200, "\"got\"\n"),
            ("GET", "HTTPS://example.org:1/a?b", 200, "\"got\"\n"),
            ("POST", "/a", 200, "3\n"),
        ])
    @Loop func routes(method: String, target: String, status: Int, body: String) async {
        let response = await Self.router().answer(HTTPRequest(method, target, body: [1, 2, 3]))
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self) == body)
    }

    @Test(
        "answers 404 for other paths, as a problem document",
        arguments: ["/", "/b", "/a/", "/A", "//a", "/%61", "", "http://a", "http://h?/a", "ftp://h/a", "*"])
    @Loop func notFound(path: String) async {
        let response = await Self.router().answer(HTTPRequest("GET", path))
        #expect(response.status == 404)
        #expect(response.headers.contains(.init("Content-Type", "application/problem+json")))
    }

    @Test("answers 405 for other methods and says which are allowed")
    @Loop func notAllowed() async {
        let response = await Self.router().answer(HTTPRequest("DELETE", "/a"))
        #expect(response.status == 405)
        #expect(response.headers.contains(.init("Allow", "GET, HEAD, POST")))
        #expect(response.headers.contains(.init("Content-Type", "application/problem+json")))
    }

    @Test("passes requests and refusals through the filters, outermost last, but not unfiltered routes")
    @Loop func filters() async {
        func via(_ path: String) async -> [String] {
            await Self.router().answer(HTTPRequest("GET", path)).headers.filter { $0.name == "Via" }.map(\.value)
        }
        #expect(await via("/a") == ["inner", "outer"])
        #expect(await via("/nothing") == ["inner", "outer"])
        #expect(await via("/probe") == [])
    }

    private static func templates() -> Router {
        func showing(_ name: String) -> @Loop (HTTPRequest) async -> HTTPResponse {
            { request in
                let values = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return .json(.string(([name] + values).joined(separator: " ")))
            }
        }
        var router = Router()
        router.on("GET", "/games/{id}", [], showing("game"))
        router.on("DELETE", "/games/{id}", [], showing("gone"))
        router.on("GET", "/games/{id}/{part}", [], showing("part"))
        router.on("GET", "/games/{id}/plays", [], showing("plays"))
        router.on("POST", "/games/mine", [], showing("mine"))
        return router
    }

    @Test(
        "fills named places with decoded segments, and prefers what is more literal",
        arguments: [
            ("GET", "/games/7", 200, "game id=7"), ("DELETE", "/games/7?x=/", 200, "gone id=7"),
            ("GET", "/games/a%2Fb%20%C3%A4+", 200, "game id=a/b ä+"), ("GET", "/games/7/plays", 200, "plays id=7"),
            ("GET", "/games/7/x", 200, "part id=7 part=x"), ("POST", "/games/mine", 200, "mine"),
            ("GET", "/games/mine", 405, nil), ("PUT", "/games/7", 405, nil), ("GET", "/games/", 404, nil),
            ("GET", "/games", 404, nil), ("GET", "/games/7/", 404, nil), ("GET", "/games/7/plays/x", 404, nil),
            ("GET", "/games/%zz", 400, nil), ("GET", "/games/%4", 400, nil), ("GET", "/games/%ff", 400, nil),
            ("GET", "/games/%00", 400, nil), ("GET", "/games/%C3", 400, nil),
        ])
    @Loop func templates(method: String, target: String, status: Int, shown: String?) async {
        let response = await Self.templates().answer(HTTPRequest(method, target))
        #expect(response.status == status)
        if let shown { #expect(String(decoding: response.body, as: UTF8.self) == "\"\(shown)\"\n") }
    }

    @Test("says for a template, too, which methods are allowed")
    @Loop func templateNotAllowed() async {
        let response = await Self.templates().answer(HTTPRequest("PUT", "/games/7"))
        #expect(response.headers.contains(.init("Allow", "DELETE, GET, HEAD")))
    }

    @Test("decodes the query into pairs, and answers 400 to one that can't be decoded")
    @Loop func query() async {
        let query = HTTPRequest("GET", "/?a=1&b=x+y%26&a=2&c&&d==").query
        #expect(query.pairs.map(\.name) == ["a", "b", "a", "c", "d"])
        #expect(query.pairs.map(\.value) == ["1", "x y&", "2", "", "="])
        #expect(query["a"] == "1")
        #expect(query["z"] == nil)
        for target in ["/a?b=%f", "/a?%ff=1", "/a?b=%00"] {
            #expect(await Self.router().answer(HTTPRequest("GET", target)).status == 400)
        }
    }

    @Test("answers what a handler throws as a problem document with its code, through the filters")
    @Loop func thrown() async {
        var router = Router(filters: [Self.marking("outer")])
        router.on("GET", "/full") { (_) throws(HTTPProblem) in
            throw HTTPProblem(409, "game_full", "Too late.", headers: [.init("Retry-After", "1")])
        }
        let response = await router.answer(HTTPRequest("GET", "/full"))
        #expect(response.status == 409)
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"title":"Conflict","status":409,"detail":"Too late.","code":"game_full"}"# + "\n")
        #expect(response.headers.contains(.init("Retry-After", "1")))
        #expect(response.headers.contains(.init("Via", "outer")))
    }
}
