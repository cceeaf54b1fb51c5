import CCurl
import EventLoop
import FoundationEssentials
import HTTPClient
import Support

/// Calls the HTTP side of the server for one player.
@Loop
final class Caller {
    struct Answer {
        let status: Int
        let body: [UInt8]
        /// What the server asks for, at least.
        let pause: Duration?

        func read<Value: Decodable>(_ type: Value.Type) throws(GivenUp) -> Value {
            guard let value = try? JSONDecoder().decode(type, from: Data(self.body)) else {
                throw GivenUp("\(type) can't be read from the server's answer")
            }
            return value
        }
    }

    private static nonisolated let callLimit = Duration.seconds(15)
    /// A server that is away for longer is not coming back.
    static nonisolated let patience = Duration.seconds(120)

    private let server: ServerAddress
    /// What a proxy of ours would say: each player is a client of his own to a server that trusts us (`TRUSTED_PROXIES`).
    private let address: String
    private var random = SystemRandomNumberGenerator()

    init(_ server: ServerAddress, player: Int) {
        self.server = server
        self.address = "10.\(player >> 16 & 255).\(player >> 8 & 255).\(player & 255)"
    }

    /// Calls once; nil when no whole answer came.
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil) async -> Answer? {
        var received: [UInt8] = []
        var pause: Duration?
        let transfer = CurlTransfer(url: self.server.url(path)) { _, bytes in
            received += bytes
            return received.count < 1 << 24
        }
        transfer.onHeader = { line in
            guard line.lowercased().hasPrefix("retry-after:") else { return }
            pause = Int(line.dropFirst(12).filter { $0.isNumber }).map { .seconds($0) }
        }
        transfer.addHeader("X-Forwarded-For: \(self.address)")
        if let token { transfer.addHeader("Authorization: Bearer \(token)") }
        if method == "POST" {
            let text = body?.text ?? "{}"
            transfer.set(CURLOPT_POST, 1)
            transfer.set(CURLOPT_POSTFIELDSIZE, text.utf8.count)
            transfer.set(CURLOPT_COPYPOSTFIELDS, text)
            transfer.addHeader("Content-Type: application/json")
        }
        guard case .completed(let report) = await transfer.run(within: Self.callLimit), report.code == CURLE_OK else {
            return nil
        }
        return Answer(status: report.status, body: received, pause: pause)
    }

    /// Calls until there is an answer that a repetition would not change. Throws when that takes too long.
    func insist(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws(GivenUp) -> Answer {
        let deadline = Loop.now.advanced(by: Self.patience)
        var backoff = Backoff(first: .milliseconds(100), most: .seconds(2))
        var last: Answer?
        while Loop.now < deadline {
            last = await self.call(method, path, body, token: token)
            if let last, last.status != 429, last.status < 500 { return last }
            let pause = backoff.next(using: &self.random)
            // Rounded up to a second by the server, which a stop of ours would be in vain for.
            let asked = last?.status == 429 ? last?.pause : nil
            try? await Loop.sleep(for: max(pause, asked ?? .zero))
        }
        throw GivenUp("\(method) \(path): \(last.map { "status \($0.status)" } ?? "no answer")")
    }
}
