import EventLoop
import Support
import Web

extension Router {
    /// As ``on(_:_:_:_:)``, for handlers that ask the database: whatever they throw is answered as a problem.
    mutating func on(
        _ method: String, _ path: String, log: Log,
        _ handler: @escaping @Loop (HTTPRequest) async throws -> HTTPResponse
    ) {
        self.on(method, path) { (request) throws(HTTPProblem) in
            do {
                return try await handler(request)
            } catch {
                throw HTTPProblem(error, log: log)
            }
        }
    }
}
