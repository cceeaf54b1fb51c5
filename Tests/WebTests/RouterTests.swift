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
            ("POST", "/a", 200, "3\n"),
        ])
    @Loop func routes(method: String, target: String, status: Int, body: String) async {
        let response = await Self.router().answer(HTTPRequest(method, target, body: [1, 2, 3]))
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self) == body)
    }

    @Test("answers 404 for other paths, as a problem document", arguments: ["/", "/b", "/a/", "/A", "//a", "/%61", ""])
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
}
