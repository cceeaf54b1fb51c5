import Glibc

extension HTTPExchange {
    /// Takes in the header, of which `bytes` begin with the method.
    ///
    /// - Returns: why it is refused; nil when it is not.
    func readHead(
        _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>, bytes count: Int, limits: HTTPServer.Limits,
        ids: inout RequestIDs
    ) -> HTTPResponse? {
        self.method = String(cString: method)
        do throws(HeaderBlock.Fault) {
            // The request line lies in the same memory: method NUL target NUL version NUL NUL fields.
            let versionOffset = UnsafeRawPointer(version) - UnsafeRawPointer(method)
            let fieldsOffset = versionOffset + strlen(version) + 2
            guard fieldsOffset <= count, versionOffset == strlen(method) + 1 + self.targetBytes + 1,
                version[strlen(version) + 1] == 0
            else { throw HeaderBlock.Fault(detail: "The request line is malformed.") }
            let bytes = UnsafeRawBufferPointer(start: method, count: count)
            self.headers = try HeaderBlock(parsing: UnsafeRawBufferPointer(rebasing: bytes[fieldsOffset...]))
            self.id = ids.id(offered: self.headers["x-request-id"])
            if count > limits.headerBytes {
                return HTTPProblem(431, "header_too_large", "The header may have \(limits.headerBytes) bytes.").response
            }
            try self.headers.checkFraming(isHTTP11: String(cString: version) == "HTTP/1.1")
        } catch {
            if self.id.isEmpty { self.id = ids.id(offered: nil) }
            return HTTPProblem(400, "malformed_request", error.detail).response
        }
        if let length = self.headers["content-length"].flatMap({ Int($0) }), length > limits.bodyBytes {
            return limits.tooLarge
        }
        return nil
    }
}

extension HTTPServer.Limits {
    /// The answer to a body that is.
    var tooLarge: HTTPResponse {
        HTTPProblem(413, "too_large", "The body may have \(self.bodyBytes) bytes.").response
    }
}
