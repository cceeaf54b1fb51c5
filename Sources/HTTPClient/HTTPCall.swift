import CCurl
package import EventLoop

/// One HTTP request with its whole answer in memory.
@Loop
package struct HTTPCall {
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package struct Answer: Sendable {
        package let status: Int
        /// By their names in lower case; the last one counts where a name comes twice.
        package let headers: [String: String]
        package let body: [UInt8]
    }

    /// Why there is no whole answer.
    package enum Failure: Error, Sendable {
        case timedOut
        case cancelled
        /// More than what is kept.
        case tooLarge
        /// No connection: nothing was asked. In libcurl's words.
        case unreachable(String)
        /// The connection broke or what came is no HTTP; the request may have been carried out. In libcurl's words.
        case broken(String)
    }

    package let method: Method
    package let url: String
    /// Each `Name: value`.
    package var headers: [String] = []
    /// JSON, sent as such.
    package var json: [UInt8]?
    /// Whether the environment's proxies are for it.
    package var usesProxy = false

    package nonisolated init(_ method: Method, _ url: String) {
        self.method = method
        self.url = url
    }

    /// Makes the request. Redirects are not followed.
    ///
    /// - Parameter keep: the largest body that is taken, in bytes.
    package func answer(within limit: Duration, keep: Int = 4 << 20) async throws(Failure) -> Answer {
        var body: [UInt8] = []
        var headers: [String: String] = [:]
        var isTooLarge = false
        let transfer = CurlTransfer(url: self.url, usesProxy: self.usesProxy) { _, bytes in
            isTooLarge = body.count + bytes.count > keep
            if !isTooLarge { body += bytes }
            return !isTooLarge
        }
        transfer.onHeader = { line in
            guard let colon = line.firstIndex(of: ":") else { return }
            let value = line[line.index(after: colon)...].drop { $0 == " " }.prefix { !$0.isNewline }
            headers[line[..<colon].lowercased()] = String(value)
        }
        transfer.set(CURLOPT_PROTOCOLS_STR, "http,https")
        for header in self.headers { transfer.addHeader(header) }
        if self.method == .post {
            let json = self.json ?? []
            transfer.set(CURLOPT_POST, 1)
            transfer.set(CURLOPT_POSTFIELDSIZE, json.count)
            transfer.set(CURLOPT_COPYPOSTFIELDS, String(decoding: json, as: UTF8.self))
            transfer.addHeader("Content-Type: application/json")
            transfer.addHeader("Expect:")
        }
        switch await transfer.run(within: limit) {
        case .timedOut: throw .timedOut
        case .cancelled: throw .cancelled
        case .completed where isTooLarge: throw .tooLarge
        case .completed(let report):
            switch report.code {
            case CURLE_OK: return Answer(status: report.status, headers: headers, body: body)
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
                CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
                throw .unreachable(report.message)
            default: throw .broken(report.message)
            }
        }
    }
}
