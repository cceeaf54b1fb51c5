import CCurl
import EventLoop
import FoundationEssentials
import Glibc
import HTTPClient

extension Engine {
    /// One request of the Engine API.
    struct Request {
        enum Method: String { case get = "GET", post = "POST", delete = "DELETE" }

        let method: Method
        /// From the slash on, without the version.
        let path: String
        var query: [(name: String, value: String)] = []
        /// A JSON document to send.
        var json: [UInt8]?
        /// Whether the path gets the negotiated version before it.
        var isVersioned = true
    }

    /// The largest answer that is taken, in bytes: a list of a thousand containers with long labels has about 4 MiB.
    static nonisolated let answerLimit = 32 << 20

    /// Makes the request and collects the answer.
    func answer(to request: Request, by deadline: Deadline) async throws(EngineError) -> [UInt8] {
        var body: [UInt8] = []
        var isTooLarge = false
        do {
            try await self.perform(request, by: deadline) { bytes in
                isTooLarge = body.count + bytes.count > Engine.answerLimit
                if !isTooLarge { body += bytes }
                return !isTooLarge
            }
        } catch {
            guard isTooLarge else { throw error }
            throw EngineError(.malformed, "the engine's answer to \(request.path) is larger than 32 MiB")
        }
        return body
    }

    /// Makes the request and decodes the answer.
    func decoded<Value: Decodable>(
        _ type: Value.Type, from request: Request, by deadline: Deadline
    ) async throws(EngineError) -> Value {
        let body = try await self.answer(to: request, by: deadline)
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw EngineError(.malformed, "the engine's answer to \(request.path) is not what its API promises")
        }
    }

    /// Makes the request and hands the body of a good answer over piece by piece; `false` from `onBody` ends it.
    ///
    /// - Returns: the status, 200 to 399.
    @discardableResult
    func perform(
        _ request: Request, by deadline: Deadline, onBody: @escaping (UnsafeRawBufferPointer) -> Bool
    ) async throws(EngineError) -> Int {
        if request.isVersioned { try await self.negotiate(by: deadline) }
        let complaint = Complaint()
        let transfer = self.transfer(for: request, complaint: complaint, onBody: onBody)
        return try self.status(of: await transfer.run(within: deadline.remaining), request, complaint)
    }

    /// What an answer that is no success says.
    @Loop
    final class Complaint {
        var body: [UInt8] = []

        /// The engine's `{"message":"…"}`, or the text as it is.
        var message: String {
            struct Wire: Decodable { let message: String }
            if let wire = try? JSONDecoder().decode(Wire.self, from: Data(self.body)) { return wire.message }
            return String(decoding: self.body.prefix(1_024), as: UTF8.self)
        }
    }

    func transfer(
        for request: Request, complaint: Complaint, onBody: @escaping (UnsafeRawBufferPointer) -> Bool
    ) -> CurlTransfer {
        let version = request.isVersioned ? self.version.map { "/v" + $0 } ?? "" : ""
        let query = request.query.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        let url = "http://docker\(version)\(request.path)\(query.isEmpty ? "" : "?" + query)"
        let transfer = CurlTransfer(url: url) { status, bytes in
            guard status >= 400 else { return onBody(bytes) }
            complaint.body += bytes.prefix(max(0, 65_536 - complaint.body.count))
            return true
        }
        transfer.set(CURLOPT_UNIX_SOCKET_PATH, self.socketPath)
        if request.method == .delete { transfer.set(CURLOPT_CUSTOMREQUEST, "DELETE") }
        if request.method == .post {
            let body = request.json ?? []
            transfer.set(CURLOPT_POST, 1)
            transfer.set(CURLOPT_POSTFIELDSIZE, body.count)
            transfer.set(CURLOPT_COPYPOSTFIELDS, String(decoding: body, as: UTF8.self))
            transfer.addHeader(request.json == nil ? "Content-Type:" : "Content-Type: application/json")
            // libcurl would wait for a "100 Continue" before a body of more than a megabyte.
            transfer.addHeader("Expect:")
        }
        return transfer
    }

    func status(of end: CurlTransfer.End, _ request: Request, _ complaint: Complaint) throws(EngineError) -> Int {
        switch end {
        case .timedOut: throw EngineError(.timedOut, "the engine did not answer \(request.path) in time")
        case .cancelled: throw EngineError(.cancelled, "the call \(request.path) was cancelled")
        case .completed(let report):
            guard report.code == CURLE_OK else {
                // Who comes back may be another version.
                self.version = nil
                throw self.error(for: report)
            }
            switch report.status {
            case 200..<400: return report.status
            case 404: throw EngineError(.notFound, complaint.message)
            case 409: throw EngineError(.conflict, complaint.message)
            default:
                // Among others: "client version 1.47 is too new", when an older engine was put in place.
                self.version = nil
                throw EngineError(.refused(report.status), "\(complaint.message) (status \(report.status))")
            }
        }
    }

    private func error(for report: CurlTransfer.Report) -> EngineError {
        switch report.code {
        case CURLE_COULDNT_CONNECT: return EngineError(.unreachable, self.reason(report.systemError))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            return EngineError(.malformed, "what answers at \(self.socketPath) does not speak HTTP: \(report.message)")
        default:
            return EngineError(.unreachable, "the connection to \(self.socketPath) broke: \(report.message)")
        }
    }

    private func reason(_ systemError: Int32) -> String {
        switch systemError {
        case ENOENT: "there is no engine socket at \(self.socketPath)"
        case ECONNREFUSED: "no engine listens at \(self.socketPath)"
        case EACCES: "no permission to use \(self.socketPath) (is this user in the group docker?)"
        default: "\(self.socketPath) can't be reached: \(String(cString: strerror(systemError)))"
        }
    }
}

/// `value` as JSON text. Only for values of our own that can always be encoded.
func json(_ value: some Encodable) -> [UInt8] {
    do { return Array(try JSONEncoder().encode(value)) } catch { preconditionFailure("not encodable: \(error)") }
}
