import EventLoop
import HTTPClient

extension Engine {
    /// How much of a log is kept at most, in bytes.
    static nonisolated let logLimit = 262_144

    /// The last `tail` lines of a container's output, stdout and stderr as they came:
    /// `GET /containers/{id}/logs?stdout=1&stderr=1&tail=`.
    ///
    /// Of more than 256 KiB only the last are given. Throws ``EngineError/Code/refused(_:)`` when the container's log
    /// driver can't be read.
    public func logs(_ id: String, tail: Int, within limit: Duration) async throws(EngineError) -> String {
        let request = Request(
            method: .get, path: "/containers/\(percentEncoded(id))/logs",
            query: [("stdout", "1"), ("stderr", "1"), ("tail", String(max(0, tail)))])
        var text: [UInt8] = []
        var stream = MultiplexedStream()
        try await self.perform(request, by: Deadline(after: limit)) { bytes in
            stream.consume(bytes) { _, piece in text += piece }
            // Twice the limit, so that not every piece moves the whole.
            if text.count > 2 * Engine.logLimit { text.removeFirst(text.count - Engine.logLimit) }
            return true
        }
        return String(decoding: text.suffix(Engine.logLimit), as: UTF8.self)
    }
}
