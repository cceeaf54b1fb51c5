import Dispatch
import EventLoop
import Glibc
import ServiceTestKit
import Support
import Synchronization

@testable import Backend
@testable import Web

/// A server with routes of every kind, on a port of loopback, inside this process, so that its code is under the fuzzer.
enum FuzzedServer {
    private static let opened = Atomic<Int>(0)
    static var port: UInt16 { UInt16(Self.opened.load(ordering: .acquiring)) }

    static func start() {
        Loop.startThread()
        let isUp = DispatchSemaphore(value: 0)
        Task { @Loop in
            var router = Router(filters: [SecurityHeaders.filter])
            router.on("GET", "/now") { request in
                .json(.object(request.query.pairs.map { .init($0.name, .string($0.value)) }))
            }
            router.on("GET", "/games/{id}") { request in .json(.string(request.path)) }
            router.on("POST", "/json") { (request) throws(HTTPProblem) in
                let value: JSONValue = try request.json()
                return .json(value)
            }
            router.webSocket("/ws") { _, socket in
                for await message in socket.messages { socket.send(message) }
            }
            let log = Log(descriptor: open("/dev/null", O_WRONLY | O_CLOEXEC))
            var limits = HTTPServer.Limits()
            limits.clientPatience = .milliseconds(200)
            guard let server = try? HTTPServer(port: 0, limits: limits, log: log, router: router) else {
                fatalError("no port")
            }
            Self.opened.store(Int(server.port), ordering: .releasing)
            isUp.signal()
            // Serves until the process ends.
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            withExtendedLifetime(server) {}
        }
        isUp.wait()
    }
}

/// Sends `input` on a connection of its own and ends it: the server has to let go of it, too.
///
/// It gets a moment before the end: libmicrohttpd overlooks one that comes together with a whole request, and our own
/// deadline for idle clients has to close that connection.
func fuzzHTTP(_ input: UnsafeRawBufferPointer) -> CInt {
    guard let client = try? RawClient(port: FuzzedServer.port) else { fatalError("the server takes no connection") }
    client.send(Array(input))
    _ = client.answer(within: .milliseconds(2))
    client.endSending()
    guard client.isClosed(within: .seconds(60)) else { fatalError("the server keeps a connection that has ended") }
    return 0
}
