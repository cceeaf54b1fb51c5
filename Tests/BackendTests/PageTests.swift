import EventLoop
import Testing
import Web

@testable import Backend

/// The page as a browser gets it, through the filters that the program has.
@Suite("The page")
struct PageTests {
    init() { Loop.startThread() }

    @Loop private func get(_ path: String, _ headers: [HeaderBlock.Field] = []) async -> HTTPResponse {
        var router = Router(filters: [SecurityHeaders.filter])
        Page.addRoutes(to: &router)
        return await router.answer(HTTPRequest("GET", path, headers: HeaderBlock(headers)))
    }

    private func value(_ name: String, of response: HTTPResponse) -> String? {
        let values = response.headers.filter { $0.name == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }

    @Test(
        "every file comes with its type and a policy that runs no inline script",
        arguments: [
            ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
            ("/session.js", "text/javascript"), ("/connection.js", "text/javascript"), ("/board.js", "text/javascript"),
            ("/icon.svg", "image/svg+xml"),
        ])
    func files(path: String, type: String) async throws {
        let response = await self.get(path)
        #expect(response.status == 200)
        #expect(!response.body.isEmpty)
        #expect(try #require(self.value("Content-Type", of: response)).hasPrefix(type))
        let policy = try #require(self.value("Content-Security-Policy", of: response))
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
        #expect(!policy.contains("unsafe"))
        #expect(self.value("Cache-Control", of: response) == "no-cache")
        #expect(self.value("X-Content-Type-Options", of: response) == "nosniff")
    }

    @Test("the page holds nothing that its own policy forbids, and names only files that are served")
    func policy() async throws {
        let page = String(decoding: await self.get("/").body, as: UTF8.self)
        for forbidden in ["<style", " style=", " onclick=", "://", "<script>"] { #expect(!page.contains(forbidden)) }
        let names = page.split(separator: "\"").filter { $0.hasPrefix("/") }
        #expect(names.count == 3)
        for name in names { #expect(await self.get(String(name)).status == 200) }
    }

    @Test("a browser that has a file already gets 304 without a body, and the file again when it has another")
    func revalidation() async throws {
        let tag = try #require(self.value("ETag", of: await self.get("/page.js")))
        for field in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
            let response = await self.get("/page.js", [.init("If-None-Match", field)])
            #expect(response.status == 304 && response.body.isEmpty)
            #expect(self.value("ETag", of: response) == tag)
        }
        #expect(await self.get("/page.js", [.init("If-None-Match", "\"other\"")]).status == 200)
        #expect(self.value("ETag", of: await self.get("/page.css")) != tag)
    }

    @Test("no other file can be reached", arguments: ["/Page.swift", "/page.html", "/../page.js", "/%2e/page.js"])
    func others(path: String) async {
        #expect(await self.get(path).status == 404)
    }
}
