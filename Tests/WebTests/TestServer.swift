import EventLoop
import Glibc
import ServiceTestKit
import Support

@testable import Web

/// A server with a few routes, on a free port, whose log goes nowhere.
struct TestServer {
    let server: HTTPServer
    let arrivals: Arrivals
    var port: UInt16 { self.server.port }

    /// Serves, lets `body` work, and stops.
    static func with<Value: Sendable>(
        _ change: @Sendable (inout HTTPServer.Limits) -> Void = { _ in },
        _ body: @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        Loop.startThread()
        var limits = HTTPServer.Limits()
        change(&limits)
        let arrivals = Arrivals()
        let server = try await Self.listen(limits, arrivals)
        do {
            let value = try await body(TestServer(server: server, arrivals: arrivals))
            await server.stop(within: .zero)
            return value
        } catch {
            await server.stop(within: .zero)
            throw error
        }
    }

    @Loop private static func listen(
        _ limits: HTTPServer.Limits, _ arrivals: Arrivals
    ) throws -> HTTPServer {
        var router = Router()
        router.on("GET", "/now") { _ in .json("now") }
        router.on("GET", "/soon") { request in
            arrivals.count += 1
            try? await Loop.sleep(for: .milliseconds(100))
            let pairs = request.query.pairs.map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }
            return .json(.string(pairs.joined(separator: "&")))
        }
        router.on("GET", "/never") { _ in
            arrivals.count += 1
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            return .json("unreachable")
        }
        router.on("GET", "/probe", .probe) { _ in
            arrivals.count += 1
            try? await Loop.sleep(for: .seconds(3))
            return .json("late")
        }
        router.on("GET", "/large") { _ in HTTPResponse(status: 200, body: Array(repeating: 0x61, count: 32 << 20)) }
        router.on("POST", "/count") { request in .json(.integer(request.body.count)) }
        return try HTTPServer(port: 0, limits: limits, log: Log(descriptor: Self.nowhere), router: router)
    }

    static let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
}

/// Requests that have reached one of the handlers that take their time.
@Loop
final class Arrivals {
    var count = 0

    nonisolated init() {}

    /// Returns when there have been `count`; fails after 5 s.
    func reach(_ count: Int) async throws {
        let deadline = Loop.now.advanced(by: .seconds(5))
        while self.count < count {
            guard Loop.now < deadline else { throw TestKitError("only \(self.count) requests of \(count) arrived") }
            try await Loop.sleep(for: .milliseconds(2))
        }
    }
}
