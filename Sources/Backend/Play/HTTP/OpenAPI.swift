import Web

/// The description of the HTTP side for machines: `openapi.json`, part of the program. A test holds it against the routes
/// and their answers.
enum OpenAPI {
    static func addRoutes(to router: inout Router) {
        let response = HTTPResponse(
            status: 200, headers: [.init("Content-Type", "application/json"), .init("Cache-Control", "no-cache")],
            body: PackageResources.openapi_json)
        router.on("GET", "/openapi.json") { _ in response }
    }
}
