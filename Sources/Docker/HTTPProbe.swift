import EventLoop
import Glibc

/// Asks `url` from where this program runs, as anybody outside the container would: `GET`, a fresh connection, no proxy,
/// redirects not followed.
///
/// - Parameter limit: for everything together.
@Loop
public func probe(url: ProbeURL, within limit: Duration) async -> ProbeOutcome {
    await ask(url, through: nil, within: limit)
}

/// Tries the addresses of `url` in turn, until somebody listens.
///
/// - Parameter doorway: into the network namespace that is asked in; nil for our own.
@Loop
func ask(_ url: ProbeURL, through doorway: NamespaceDoorway?, within limit: Duration) async -> ProbeOutcome {
    let deadline = Deadline(after: limit)
    var outcome = ProbeOutcome.refused
    for address in url.addresses where outcome == .refused {
        guard let address = SocketAddress(address, port: url.port) else { continue }
        let conversation = ProbeConversation(with: address, asking: url)
        outcome = await conversation.run(through: doorway, within: deadline.remaining)
    }
    return outcome
}

/// One connection, one request, one answer. It ends once: by itself, by its deadline, or by cancellation.
///
/// Spoken by hand and not by libcurl: the watchdog does this every second for every service, and so it costs a third.
@Loop
private final class ProbeConversation {
    private let address: SocketAddress
    private var unsent: ArraySlice<UInt8>
    private var answer = HTTPAnswer()
    private var descriptor: Int32 = -1
    private var timer: LoopTimer?
    private var continuation: CheckedContinuation<ProbeOutcome, Never>?

    init(with address: SocketAddress, asking url: ProbeURL) {
        self.address = address
        self.unsent = url.request[...]
    }

    func run(through doorway: NamespaceDoorway?, within limit: Duration) async -> ProbeOutcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.continuation = continuation
                guard !Task.isCancelled else { return self.cancel() }
                self.begin(through: doorway, within: limit)
            }
        } onCancel: {
            Task { @Loop in self.cancel() }
        }
    }

    private func cancel() { self.finish(.unavailable("the probe was cancelled")) }

    private func begin(through doorway: NamespaceDoorway?, within limit: Duration) {
        let family = self.address.family
        self.descriptor = doorway?.makeSocket(family: family) ?? streamSocket(family: family)
        guard self.descriptor >= 0 else {
            // A machine without IPv6: nobody listens there.
            if doorway?.isFamilyMissing ?? (errno == EAFNOSUPPORT) { return self.finish(.refused) }
            return self.finish(.unavailable(doorway?.refusal ?? "no socket: \(reason(errno))"))
        }
        let code = self.address.withPointer { connect(self.descriptor, $0, $1) == 0 ? 0 : errno }
        guard code == 0 || code == EINPROGRESS else { return self.fail(code) }
        self.timer = Loop.after(limit) { self.finish(.timedOut) }
        // On the same machine the connection mostly stands already, whatever `connect` said.
        self.send()
    }

    private func send() {
        let (count, code) = self.unsent.withUnsafeBytes { bytes in
            let count = Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            return (count, errno)
        }
        if count >= 0 {
            self.unsent = self.unsent.dropFirst(count)
        } else if code == EPIPE {
            // It may have answered and closed before all was sent.
            self.unsent = []
        } else if code != EAGAIN, code != EINTR {
            return self.fail(code)
        }
        if self.unsent.isEmpty {
            Loop.watch(self.descriptor, for: .readable) { _ in self.receive() }
        } else {
            Loop.watch(self.descriptor, for: .writable) { _ in self.send() }
        }
    }

    private func receive() {
        // A flood does not hold up everybody else: what is left is told of again.
        for _ in 0..<8 where self.answer.outcome == nil {
            let (count, code) = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
                let count = recv(self.descriptor, buffer.baseAddress, buffer.count, 0)
                let code = errno
                if count > 0 { self.answer.append(UnsafeRawBufferPointer(rebasing: buffer.prefix(count))) }
                return (count, code)
            }
            if count == 0 { self.answer.end() }
            if count < 0 {
                if code == EINTR { continue }
                return code == EAGAIN ? () : self.fail(code)
            }
        }
        if let outcome = self.answer.outcome { self.finish(outcome) }
    }

    private func fail(_ code: Int32) {
        // A container without IPv6 has no ::1 (EADDRNOTAVAIL): nobody listens there either.
        let isRefused = code == ECONNREFUSED || code == EADDRNOTAVAIL
        self.finish(isRefused ? .refused : .broken(reason(code)))
    }

    private func finish(_ outcome: ProbeOutcome) {
        guard let continuation else { return }
        self.continuation = nil
        self.timer?.cancel()
        if self.descriptor >= 0 {
            Loop.unwatch(self.descriptor)
            close(self.descriptor)
        }
        continuation.resume(returning: outcome)
    }
}

private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
