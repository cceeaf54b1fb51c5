package import CCurl
package import EventLoop

/// One HTTP exchange. It is set up, begun once, and ends once: by itself, by its deadline, or by cancellation.
@Loop
package final class CurlTransfer {
    /// How it ended.
    package enum End {
        /// By itself; what libcurl says about it is in ``CurlTransfer/Report``.
        case completed(Report)
        case timedOut
        case cancelled
    }

    package struct Report {
        package let code: CURLcode
        /// The HTTP status; 0 when no answer began.
        package let status: Int
        /// The system's error when the connection could not be made.
        package let systemError: Int32
        /// In libcurl's words; empty when all went well.
        package let message: String
    }

    package let handle: UnsafeMutableRawPointer

    /// Gets each piece of the body with the status of the answer; `false` ends the transfer with `CURLE_WRITE_ERROR`.
    private let onBody: (_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Bool
    /// Gets each header line; only asked for where it is set.
    package var onHeader: ((String) -> Void)?

    private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var timer: LoopTimer?
    private var onEnd: ((End) -> Void)?
    private var hasEnded = false

    /// - Parameter usesProxy: whether the proxies of the environment are for it: they are for the world outside.
    package init(
        url: String, usesProxy: Bool = false,
        onBody: @escaping (_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Bool
    ) {
        self.handle = CurlMulti.shared.takeHandle()
        self.onBody = onBody
        self.errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.set(CURLOPT_ERRORBUFFER, pointer: self.errorBuffer)
        self.set(CURLOPT_URL, url)
        self.set(CURLOPT_NOSIGNAL, 1)
        // An empty name means none.
        if !usesProxy { self.set(CURLOPT_PROXY, "") }
        self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }

    isolated deinit {
        curl_slist_free_all(self.headers)
        self.errorBuffer.deallocate()
    }

    // MARK: Setting up

    package func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(self.handle, option, value) }

    /// libcurl copies the text, except for the body of a request (`CURLOPT_COPYPOSTFIELDS` does).
    package func set(_ option: CURLoption, _ value: String) { ccurl_set_string(self.handle, option, value) }

    package func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
        ccurl_set_pointer(self.handle, option, pointer)
    }

    /// Adds a header, or with nothing behind the colon takes out one that libcurl would send.
    package func addHeader(_ line: String) {
        self.headers = curl_slist_append(self.headers, line)
        ccurl_set_list(self.handle, CURLOPT_HTTPHEADER, self.headers)
    }

    // MARK: Running

    /// Begins and waits for the end. Cancelling the task ends it at once.
    package func run(within limit: Duration) async -> End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    self.hasEnded = true
                    CurlMulti.shared.discard(self.handle)
                    return continuation.resume(returning: .cancelled)
                }
                self.begin(within: limit) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            Task { @Loop in self.cancel() }
        }
    }

    /// Begins and returns. `onEnd` is called once, when it ends, never from within this call.
    ///
    /// - Parameter limit: when it ends at the latest; nil for never.
    package func begin(within limit: Duration?, onEnd: @escaping (End) -> Void) {
        self.onEnd = onEnd
        let context = Unmanaged.passUnretained(self).toOpaque()
        // Unretained is safe: `CurlMulti` keeps the transfer until it has removed its handle.
        ccurl_set_write(self.handle, CURLOPT_WRITEFUNCTION, Self.bodyCallback, context)
        if self.onHeader != nil { ccurl_set_write(self.handle, CURLOPT_HEADERFUNCTION, Self.headerCallback, context) }
        if let limit { self.timer = Loop.after(limit) { self.finish(.timedOut) } }
        CurlMulti.shared.add(self)
    }

    /// Sets or takes away the deadline of a transfer that runs.
    package func setDeadline(_ limit: Duration?) {
        self.timer?.cancel()
        self.timer = nil
        guard let limit, !self.hasEnded else { return }
        self.timer = Loop.after(limit) { self.finish(.timedOut) }
    }

    /// Ends it now. Harmless when it has ended.
    package func cancel() { self.finish(.cancelled) }

    /// To be called by ``CurlMulti`` when libcurl is done with it.
    func complete(_ code: CURLcode) {
        let message = String(cString: self.errorBuffer)
        let report = Report(
            code: code, status: ccurl_get_long(self.handle, CURLINFO_RESPONSE_CODE),
            systemError: Int32(truncatingIfNeeded: ccurl_get_long(self.handle, CURLINFO_OS_ERRNO)),
            message: message.isEmpty && code != CURLE_OK ? String(cString: curl_easy_strerror(code)) : message)
        self.finish(.completed(report))
    }

    private func finish(_ end: End) {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.timer?.cancel()
        self.timer = nil
        CurlMulti.shared.remove(self)
        self.onEnd?(end)
        self.onEnd = nil
    }

    private nonisolated static let bodyCallback: curl_write_callback = { bytes, size, count, context in
        guard let context else { return 0 }
        let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        // Safe: it is only lent, on the thread that we are on already.
        nonisolated(unsafe) let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let wantsMore = Loop.assumeIsolated {
            transfer.onBody(ccurl_get_long(transfer.handle, CURLINFO_RESPONSE_CODE), buffer)
        }
        return wantsMore ? size * count : 0
    }

    private nonisolated static let headerCallback: curl_write_callback = { bytes, size, count, context in
        guard let context else { return 0 }
        let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
        Loop.assumeIsolated { transfer.onHeader?(line) }
        return size * count
    }
}
