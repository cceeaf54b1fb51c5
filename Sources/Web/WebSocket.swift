public import EventLoop
import Glibc

/// One open WebSocket, in the hands of its handler (``Router/webSocket(_:_:_:)``).
@Loop
public final class WebSocket {
    /// In this order; each may be left out.
    private enum Phase {
        case open
        /// Our close frame is on its way; the client's is awaited.
        case closing
        /// All is said. What waits goes out, then the end of the stream; what comes is thrown away until the client
        /// ends its stream, too: closing with bytes unread would reset the connection and lose our close frame.
        case lingering
        case closed
    }

    private let descriptor: Int32
    private let options: WebSocketOptions
    private let hub: WebSocketHub
    private var phase = Phase.open
    private var reader: WebSocketReader
    /// Frames that the kernel has not taken yet, from `outputStart` on.
    private var output: [UInt8] = []
    private var outputStart = 0
    /// The kernel takes no more for now, and says when it does.
    private var isBlocked = false
    /// ``flush()`` is called at the end of this turn of the loop.
    private var isFlushDue = false
    /// Messages that the handler has not taken yet, from `inboxStart` on. One read may bring thousands of tiny ones.
    private var inbox: [WebSocketMessage] = []
    private var inboxStart = 0
    private var waiter: CheckedContinuation<WebSocketMessage?, Never>?
    /// A stopping server takes no further messages.
    private var isReceiving = true
    private var watched: Readiness?
    private var lastHeard = Loop.now
    private var pinged: SuspendingClock.Instant?
    private var deadline: LoopTimer?

    init(_ descriptor: Int32, _ options: WebSocketOptions, _ hub: WebSocketHub) {
        self.descriptor = descriptor
        self.options = options
        self.hub = hub
        self.reader = WebSocketReader(messageBytesMax: options.messageBytes)
        options.figures?.connections += 1
    }

    // MARK: For the handler

    /// False from the moment one side has begun to close; what is sent then is dropped.
    public var isOpen: Bool { self.phase == .open }

    /// What the client sends. Ends when the socket closes and when the server stops. For one task at a time; ends early
    /// when that task is cancelled.
    public nonisolated var messages: WebSocketMessages { WebSocketMessages(socket: self) }

    /// Sends `message`, never waiting. A client that leaves more than ``WebSocketOptions/sendBytes`` waiting is closed
    /// with 1013.
    public func send(_ message: WebSocketMessage) {
        guard self.isOpen else { return }
        self.options.figures?.messages += 1
        switch message {
        case .text(let text): self.put(.text, text.utf8)
        case .binary(let bytes): self.put(.binary, bytes)
        }
    }

    /// As ``send(_:)``, for a text message whose UTF-8 is at hand.
    public func send(text: UnsafeBufferPointer<UInt8>) {
        guard self.isOpen else { return }
        self.options.figures?.messages += 1
        self.put(.text, text)
    }

    /// Begins to close; `reason` is for people, and cut at 123 bytes. Does nothing when that has begun already.
    public func close(_ code: WebSocketCloseCode, _ reason: String = "") {
        guard self.isOpen else { return }
        WebSocketFrame.appendClose(code, reason, to: &self.output)
        self.enter(.closing)
    }

    // MARK: For the hub

    /// Begins with what the client sent right behind its handshake.
    func begin(with bytes: UnsafeRawBufferPointer) {
        self.take(bytes)
        self.flush()
    }

    /// Ends ``messages`` behind what has arrived, so that the handler can bring to its end what it has begun.
    func stopReceiving() {
        self.isReceiving = false
        self.wake(nil)
    }

    /// Looks whether the client is there.
    func keepAlive(_ now: SuspendingClock.Instant) {
        guard self.isOpen, !self.isFull else { return }
        if let pinged = self.pinged {
            if pinged.duration(to: now) >= self.options.patience { self.cut() }
        } else if self.lastHeard.duration(to: now) >= self.options.pingEvery {
            self.pinged = now
            self.put(.ping, [])
        }
    }

    /// Closes at once, whatever waits.
    func cut() {
        guard self.phase != .closed else { return }
        self.leaveOpen()
        self.phase = .closed
        self.deadline?.cancel()
        Loop.unwatch(self.descriptor)
        Glibc.close(self.descriptor)
        self.output = []
        self.hub.closed(self)
    }

    // MARK: Receiving

    /// The next message; nil when there is none any more.
    func next() async -> WebSocketMessage? {
        await withTaskCancellationHandler {
            if let message = self.takeFromInbox() { return message }
            guard self.isOpen, self.isReceiving, !Task.isCancelled else { return nil }
            precondition(self.waiter == nil, "one task at a time takes a socket's messages")
            return await withCheckedContinuation { self.waiter = $0 }
        } onCancel: {
            Task { @Loop in self.wake(nil) }
        }
    }

    private func takeFromInbox() -> WebSocketMessage? {
        guard self.inboxStart < self.inbox.count else { return nil }
        let wasFull = self.isFull
        let message = self.inbox[self.inboxStart]
        self.inboxStart += 1
        if self.inboxStart == self.inbox.count {
            self.inbox = []
            self.inboxStart = 0
        }
        if wasFull, !self.isFull {
            // What the client said meanwhile was not looked at.
            self.lastHeard = Loop.now
            self.pinged = nil
            self.watch()
        }
        return message
    }

    private func wake(_ message: WebSocketMessage?) {
        let waiter = self.waiter
        self.waiter = nil
        waiter?.resume(returning: message)
    }

    /// As many messages wait for the handler as may.
    private var isFull: Bool { self.inbox.count - self.inboxStart >= self.options.receiveMessages }

    private func receive() {
        let buffer = self.hub.buffer
        let count = recv(self.descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 {
            self.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            self.cut()
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard self.phase == .open || self.phase == .closing else { return }
        self.lastHeard = Loop.now
        self.pinged = nil
        var events: [WebSocketReader.Event] = []
        do throws(WebSocketReader.Fault) {
            try self.reader.read(bytes, into: &events)
            events.forEach(self.take)
        } catch {
            events.forEach(self.take)
            if self.isOpen { WebSocketFrame.appendClose(error.code, error.reason, to: &self.output) }
            self.enter(.lingering)
        }
    }

    private func take(_ event: WebSocketReader.Event) {
        switch event {
        case .message(let message):
            guard self.isOpen, self.isReceiving else { return }
            self.options.figures?.messages += 1
            if self.waiter == nil { self.inbox.append(message) } else { self.wake(message) }
        case .ping(let payload):
            if self.isOpen { self.put(.pong, payload) }
        case .pong:
            break
        case .close(let code):
            if self.isOpen { WebSocketFrame.appendClose(code, "", to: &self.output) }
            self.enter(.lingering)
        }
    }

    // MARK: Sending

    /// What is said in one turn of the loop goes out together at its end: an event and the answer behind it are one system
    /// call, and one for the client.
    private func put(_ opcode: WebSocketFrame.Opcode, _ payload: some Collection<UInt8>) {
        if !self.hasRoom(for: payload.count), !self.isBlocked { self.flush() }
        guard self.hasRoom(for: payload.count) else { return self.close(.tryAgainLater, "reads too slowly") }
        if self.output.isEmpty { self.output = self.hub.room() }
        WebSocketFrame.append(opcode, payload, to: &self.output)
        guard !self.isBlocked, !self.isFlushDue else { return }
        self.isFlushDue = true
        self.hub.flushSoon(self)
    }

    private func hasRoom(for bytes: Int) -> Bool {
        let waiting = self.output.count - self.outputStart
        return waiting == 0 || waiting + bytes <= self.options.sendBytes
    }

    /// The turn in which something was said ends.
    func flushDue() {
        self.isFlushDue = false
        self.flush()
    }

    private func flush() {
        guard self.phase != .closed else { return }
        self.isBlocked = false
        while self.outputStart < self.output.count {
            let count = self.output[self.outputStart...].withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                self.outputStart += count
            } else if errno == EAGAIN {
                self.isBlocked = true
                break
            } else if errno != EINTR {
                return self.cut()
            }
        }
        if self.outputStart == self.output.count {
            self.hub.giveBack(&self.output)
            self.outputStart = 0
            if self.phase == .lingering { shutdown(self.descriptor, Int32(SHUT_WR)) }
        } else if self.outputStart > self.output.count / 2 {
            self.output.removeFirst(self.outputStart)
            self.outputStart = 0
        }
        self.watch()
    }

    // MARK: Phases and readiness

    private func enter(_ phase: Phase) {
        guard self.phase != .closed else { return }
        self.leaveOpen()
        self.phase = phase
        self.deadline?.cancel()
        self.deadline = Loop.after(self.options.patience) { [weak self] in self?.cut() }
        self.flush()
    }

    private func leaveOpen() {
        guard self.isOpen else { return }
        self.options.figures?.connections -= 1
        self.phase = .closing
        self.wake(nil)
    }

    private func watch() {
        guard self.phase != .closed else { return }
        var interest: Readiness = []
        if !self.isOpen || !self.isFull { interest.insert(.readable) }
        if self.isBlocked { interest.insert(.writable) }
        guard interest != self.watched else { return }
        self.watched = interest
        // The watch ends in `cut`, which may let go of the last reference while this runs.
        Loop.watch(self.descriptor, for: interest) { [weak self] readiness in
            guard let self else { return }
            if readiness.contains(.writable) { self.flush() }
            if readiness.contains(.readable), self.phase != .closed { self.receive() }
            self.watch()
        }
    }
}
