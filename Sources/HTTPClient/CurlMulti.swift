import CCurl
import EventLoop

/// All HTTP transfers of the program, driven by the event loop.
///
/// libcurl never waits here: it tells which sockets to watch and when to be called next, and is called when one of them
/// is ready. A transfer that waits for the other side costs nothing.
@Loop
final class CurlMulti {
    /// The only one, so that all callers share its kept connections.
    static let shared = CurlMulti()

    private let multi: UnsafeMutableRawPointer
    private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    private var spareHandles: [UnsafeMutableRawPointer] = []
    private var timer: LoopTimer?

    private init() {
        // Nothing optional is wanted: no Windows sockets, no custom memory functions. TLS is set up in any case.
        let code = curl_global_init(Int(CURL_GLOBAL_NOTHING))
        guard code == CURLE_OK, let multi = curl_multi_init() else { preconditionFailure("libcurl does not start") }
        self.multi = multi
        let context = Unmanaged.passUnretained(self).toOpaque()
        // Unretained is safe: `shared` lives as long as the process.
        ccurl_multi_set_socket(multi, Self.socketCallback, context)
        ccurl_multi_set_timer(multi, Self.timerCallback, context)
        // One for the events, the rest for calls that run at the same time; more are closed after use.
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 16)
    }

    /// An easy handle with all options at their defaults.
    func takeHandle() -> UnsafeMutableRawPointer {
        if let handle = self.spareHandles.popLast() { return handle }
        guard let handle = curl_easy_init() else { preconditionFailure("out of memory for a transfer") }
        return handle
    }

    /// Begins `transfer`, and keeps it alive until it ends.
    func add(_ transfer: CurlTransfer) {
        self.transfers[transfer.handle] = transfer
        curl_multi_add_handle(self.multi, transfer.handle)
        // The timer function was told to call at once; doing it here saves a turn of the loop.
        self.act(on: CURL_SOCKET_TIMEOUT, events: 0)
    }

    /// Drops the transfer, which closes its connection unless the transfer is complete, and takes its handle back.
    func remove(_ transfer: CurlTransfer) {
        guard self.transfers.removeValue(forKey: transfer.handle) != nil else { return }
        curl_multi_remove_handle(self.multi, transfer.handle)
        self.discard(transfer.handle)
    }

    /// Takes back a handle that is in no transfer.
    func discard(_ handle: UnsafeMutableRawPointer) {
        guard self.spareHandles.count < 4 else { return curl_easy_cleanup(handle) }
        curl_easy_reset(handle)
        self.spareHandles.append(handle)
    }

    private func act(on socket: curl_socket_t, events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(self.multi, socket, events, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(self.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            self.transfers[handle]?.complete(code)
        }
    }

    private func watch(_ socket: curl_socket_t, for what: Int32) {
        var interest: Readiness = []
        switch what {
        case CURL_POLL_REMOVE: return Loop.unwatch(socket)
        case CURL_POLL_IN: interest = .readable
        case CURL_POLL_OUT: interest = .writable
        case CURL_POLL_INOUT: interest = [.readable, .writable]
        default: break
        }
        Loop.watch(socket, for: interest) { readiness in
            // Errors are not passed on as such: readiness is in all directions then, and the next read finds the cause.
            var events: Int32 = 0
            if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
            if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
            self.act(on: socket, events: events)
        }
    }

    private func setTimer(milliseconds: Int) {
        self.timer?.cancel()
        self.timer = nil
        guard milliseconds >= 0 else { return }
        self.timer = Loop.after(.milliseconds(milliseconds)) {
            self.timer = nil
            self.act(on: CURL_SOCKET_TIMEOUT, events: 0)
        }
    }

    // libcurl calls these on the loop's thread only, because all calls into it are made there.

    private nonisolated static let socketCallback: curl_socket_callback = { _, socket, what, context, _ in
        guard let context else { return 0 }
        let multi = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        Loop.assumeIsolated { multi.watch(socket, for: what) }
        return 0
    }

    private nonisolated static let timerCallback: curl_multi_timer_callback = { _, milliseconds, context in
        guard let context else { return 0 }
        let multi = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        Loop.assumeIsolated { multi.setTimer(milliseconds: milliseconds) }
        return 0
    }
}
