import EventLoop
import Glibc

/// All WebSockets of one server: opens them, looks whether their clients are still there, and ends them.
@Loop
final class WebSocketHub {
    /// What all sockets read into, one at a time. Two largest messages of the default size.
    ///
    /// `nonisolated(unsafe)` for `deinit` alone, when nobody else has it any more.
    nonisolated(unsafe) let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 16)

    /// Memory that is kept for speaking: half a megabyte at most.
    private static nonisolated let roomsMost = 64
    private static nonisolated let roomBytesMost = 8 * 1024

    private var sockets: [ObjectIdentifier: WebSocket] = [:]
    /// Those that have something to send at the end of this turn of the loop.
    private var unflushed: [WebSocket] = []
    /// Empty memory for what sockets send: they hold some only while they have something to say.
    private var rooms: [[UInt8]] = []
    private var handlers = 0
    private var sweep: LoopTimer?
    private var isStopping = false
    private var emptied = Promise<Void>()

    nonisolated init() {}

    deinit { self.buffer.deallocate() }

    /// Sockets that are not closed yet.
    var count: Int { self.sockets.count }

    /// Makes a WebSocket of `descriptor`, which is its from here on. `bytes` came right behind the handshake.
    func open(_ descriptor: Int32, _ upgrade: WebSocketUpgrade, _ bytes: UnsafeRawBufferPointer) {
        let socket = WebSocket(descriptor, upgrade.options, self)
        self.sockets[ObjectIdentifier(socket)] = socket
        self.handlers += 1
        socket.begin(with: bytes)
        if self.isStopping { socket.stopReceiving() }
        self.keepAlive(every: min(upgrade.options.pingEvery, upgrade.options.patience) / 4)
        Task.immediate { @Loop in
            await upgrade.handler(upgrade.request, socket)
            socket.close(self.isStopping ? .serviceRestart : .normal)
            self.handlers -= 1
            self.checkEmpty()
        }
    }

    func closed(_ socket: WebSocket) {
        self.sockets[ObjectIdentifier(socket)] = nil
        self.checkEmpty()
    }

    /// Lets the handlers end what they have begun and closes with 1012: each socket when its handler has returned, all
    /// others after half of the time until `deadline`. At `deadline` what is left is cut.
    func stop(by deadline: SuspendingClock.Instant) async {
        self.isStopping = true
        for socket in self.sockets.values { socket.stopReceiving() }
        self.checkEmpty()
        if await self.emptied.value(within: Loop.now.duration(to: deadline) / 2) == nil {
            for socket in self.sockets.values { socket.close(.serviceRestart) }
            _ = await self.emptied.value(within: Loop.now.duration(to: deadline))
        }
        for socket in self.sockets.values { socket.cut() }
        self.sweep?.cancel()
    }

    /// Flushes `socket` at the end of this turn of the loop.
    func flushSoon(_ socket: WebSocket) {
        if self.unflushed.isEmpty {
            Loop.after(.zero) {
                let sockets = self.unflushed
                self.unflushed = []
                for socket in sockets { socket.flushDue() }
            }
        }
        self.unflushed.append(socket)
    }

    /// Empty memory, to be given back.
    func room() -> [UInt8] { self.rooms.popLast() ?? [] }

    /// Empties `room` and keeps its memory for the next one to speak.
    func giveBack(_ room: inout [UInt8]) {
        let memory = room
        room = []
        guard self.rooms.count < Self.roomsMost, 1...Self.roomBytesMost ~= memory.capacity else { return }
        self.rooms.append(consume memory)
        self.rooms[self.rooms.count - 1].removeAll(keepingCapacity: true)
    }

    private func checkEmpty() {
        if self.isStopping, self.sockets.isEmpty, self.handlers == 0 { self.emptied.fulfil(()) }
    }

    /// One timer for all, and none while there are no sockets. Endpoints share the pace of the first.
    private func keepAlive(every period: Duration) {
        guard self.sweep == nil, !self.sockets.isEmpty else { return }
        self.sweep = Loop.after(max(period, .milliseconds(10))) { [weak self] in
            guard let self else { return }
            self.sweep = nil
            let now = Loop.now
            for socket in self.sockets.values { socket.keepAlive(now) }
            self.keepAlive(every: period)
        }
    }
}
