import Web

/// The page at `/`: a handful of files that are part of the program, each at a path of its own. No path of a request
/// ever becomes a path of a file.
enum Page {
    private struct File {
        let path: String
        let contentType: String
        let body: [UInt8]
    }

    private static let files = [
        File(path: "/", contentType: "text/html; charset=utf-8", body: PackageResources.page_html),
        File(path: "/page.css", contentType: "text/css; charset=utf-8", body: PackageResources.page_css),
        File(path: "/page.js", contentType: "text/javascript; charset=utf-8", body: PackageResources.page_js),
        File(path: "/session.js", contentType: "text/javascript; charset=utf-8", body: PackageResources.session_js),
        File(
            path: "/connection.js", contentType: "text/javascript; charset=utf-8",
            body: PackageResources.connection_js),
        File(path: "/board.js", contentType: "text/javascript; charset=utf-8", body: PackageResources.board_js),
        File(path: "/icon.svg", contentType: "image/svg+xml", body: PackageResources.icon_svg),
    ]

    /// Everything comes from here and nothing runs that is not a file: a name that contains markup stays a name.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static func addRoutes(to router: inout Router) {
        for file in self.files {
            let tag = self.tag(of: file.body)
            // A new version of the program is a new page at once; until then a look costs 304 and no body.
            var headers = [
                HTTPResponse.Header("Cache-Control", "no-cache"), .init("ETag", tag),
                .init("Content-Security-Policy", self.policy),
            ]
            let known = HTTPResponse(status: 304, headers: headers)
            headers.append(.init("Content-Type", file.contentType))
            let whole = HTTPResponse(status: 200, headers: headers, body: file.body)
            router.on("GET", file.path) { request in
                request.headers["if-none-match"].map { self.names(tag, in: $0) } == true ? known : whole
            }
        }
    }

    /// Whether an `If-None-Match` holds `tag`, by the weak comparison (RFC 9110, 13.1.2).
    private static func names(_ tag: String, in field: String) -> Bool {
        field == "*"
            || field.split(separator: ",").contains { part in
                let candidate = part.drop { $0 == " " }
                return candidate == tag || candidate == "W/" + tag
            }
    }

    /// An entity tag that another content almost certainly does not have: FNV-1a, 64 bits. Nobody gains from a
    /// collision that he would have to put into our own binary.
    private static func tag(of body: [UInt8]) -> String {
        let hash = body.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\"" + String(hash, radix: 16) + "\""
    }
}
