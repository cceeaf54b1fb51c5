import CLinux
import Glibc
import Synchronization

/// Runs the loop's jobs, descriptors and timers on one thread.
///
/// `@unchecked Sendable`: `inbox`, `status` and `started` are only touched under `lock`; everything else only on the
/// loop's thread, which `run()` records and `preconditionOnThread()` checks.
final class LoopExecutor: SerialExecutor, @unchecked Sendable {
    typealias Handler = @Loop (Readiness) -> Void

    private struct Watcher {
        let generation: UInt32
        let handler: Handler
    }

    private let poll: Int32
    private let wakeUp: Int32
    // A pthread lock, not `Synchronization.Mutex`: the thread sanitizer reports false races on the latter.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var inbox: [UnownedJob] = []
    /// The jobs of this turn; empty between turns, when only its storage is kept.
    private var running: [UnownedJob] = []
    private var status: Int32?
    private var started = false

    /// Twice the number of turns begun, and one more while it waits: to be read as a whole, by any thread.
    private let pulse = Atomic<UInt64>(0)

    private var thread: pthread_t?
    private var watchers: [Int32: Watcher] = [:]
    private var generation: UInt32 = 0
    private var timers = TimerHeap()

    init() {
        self.poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        self.wakeUp = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(self.poll >= 0 && self.wakeUp >= 0, "epoll or eventfd refused: out of file descriptors")
        self.lock = .allocate(capacity: 1)
        pthread_mutex_init(self.lock, nil)
        self.control(EPOLL_CTL_ADD, self.wakeUp, .readable, generation: 0)
    }

    // MARK: SerialExecutor

    func enqueue(_ job: consuming ExecutorJob) {
        self.append(UnownedJob(job))
    }

    private func append(_ job: UnownedJob) {
        pthread_mutex_lock(self.lock)
        // The loop's own thread looks into the inbox before it waits: waking it would cost two system calls for nothing.
        let mustWake = self.inbox.isEmpty && !self.isOnThread
        self.inbox.append(job)
        pthread_mutex_unlock(self.lock)
        if mustWake { self.wake() }
    }

    func checkIsolated() {
        precondition(self.isOnThread, "this must run on the event loop's thread")
    }

    func isIsolatingCurrentContext() -> Bool? { self.isOnThread }

    /// Makes Swift's runtime hand the jobs of its global pool to this executor. They run as if they belonged to the
    /// loop's actor, so that a function of that actor goes on in the same turn, without a second hop.
    static func takeGlobalJobs() {
        swift_take_global_jobs { job in
            guard let job else { return }
            // An `UnownedJob` is a pointer to the runtime's job, no more.
            Loop.shared.executor.append(unsafeBitCast(job, to: UnownedJob.self))
        }
    }

    // MARK: Running

    func startThread() {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        guard !self.started else { return }
        self.started = true
        var thread = pthread_t()
        let context = Unmanaged.passUnretained(self).toOpaque()
        // Unretained is safe: the executor belongs to `Loop.shared`, which lives as long as the process.
        let code = pthread_create(&thread, nil, Self.threadBody, context)
        precondition(code == 0, "no thread for the event loop: \(code)")
    }

    private static let threadBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { _ = Unmanaged<LoopExecutor>.fromOpaque(context).takeUnretainedValue().run() }
        return nil
    }

    func stop(_ status: Int32) {
        pthread_mutex_lock(self.lock)
        self.status = status
        pthread_mutex_unlock(self.lock)
        self.wake()
    }

    func run() -> Int32 {
        pthread_mutex_lock(self.lock)
        self.started = true
        self.thread = pthread_self()
        pthread_mutex_unlock(self.lock)
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var turns: UInt64 = 0
        while true {
            turns += 1
            self.pulse.store(turns << 1, ordering: .relaxed)
            self.runJobs()
            if let status = self.takeStatus() { return status }
            let wait = self.waitMilliseconds()
            self.pulse.store(turns << 1 | 1, ordering: .relaxed)
            let count = epoll_wait(self.poll, &events, Int32(events.count), wait)
            turns += 1
            self.pulse.store(turns << 1, ordering: .relaxed)
            for event in events.prefix(max(0, Int(count))) { self.dispatch(event) }
            self.fireTimers()
        }
    }

    var progress: Loop.Progress {
        let pulse = self.pulse.load(ordering: .relaxed)
        return Loop.Progress(turns: pulse >> 1, isIdle: pulse & 1 == 1)
    }

    /// Runs what was enqueued before this call. Jobs enqueued meanwhile wait for the next turn, so that descriptors and
    /// timers get theirs.
    private func runJobs() {
        pthread_mutex_lock(self.lock)
        swap(&self.inbox, &self.running)
        pthread_mutex_unlock(self.lock)
        for job in self.running { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        self.running.removeAll(keepingCapacity: true)
    }

    private func takeStatus() -> Int32? {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        return self.status
    }

    private func waitMilliseconds() -> Int32 {
        pthread_mutex_lock(self.lock)
        let jobsWait = !self.inbox.isEmpty || self.status != nil
        pthread_mutex_unlock(self.lock)
        if jobsWait { return 0 }
        guard let deadline = self.timers.first else { return -1 }
        let wait = SuspendingClock.now.duration(to: deadline)
        if wait <= .zero { return 0 }
        // Rounded up: a wait cut short would spin until the deadline. Capped so that it fits the call.
        let (seconds, attoseconds) = wait.components
        if seconds > 1_000_000 { return 1_000_000_000 }
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private func dispatch(_ event: epoll_event) {
        let descriptor = Int32(truncatingIfNeeded: event.data.u64 & 0xFFFF_FFFF)
        let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
        if descriptor == self.wakeUp {
            var count: UInt64 = 0
            _ = read(self.wakeUp, &count, 8)
            return
        }
        // An earlier event of this turn may have closed the descriptor, and the number may be another's by now.
        guard let watcher = self.watchers[descriptor], watcher.generation == generation else { return }
        Loop.assumeIsolated { watcher.handler(Readiness(epollEvents: event.events)) }
    }

    private func fireTimers() {
        let now = SuspendingClock.now
        while let handler = self.timers.popDue(now) { Loop.assumeIsolated { handler() } }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(self.wakeUp, &one, 8)
    }

    private var isOnThread: Bool {
        guard let thread = self.thread else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }

    // MARK: Descriptors and timers, on the loop's thread only

    func watch(_ descriptor: Int32, for interest: Readiness, handler: @escaping Handler) {
        self.generation &+= 1
        let watcher = Watcher(generation: self.generation, handler: handler)
        let known = self.watchers.updateValue(watcher, forKey: descriptor)
        let operation = known == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        self.control(operation, descriptor, interest, generation: self.generation)
    }

    func unwatch(_ descriptor: Int32) {
        guard self.watchers.removeValue(forKey: descriptor) != nil else { return }
        var event = epoll_event()
        // Fails when the owner closed the descriptor first: the kernel has forgotten it by itself then.
        _ = epoll_ctl(self.poll, EPOLL_CTL_DEL, descriptor, &event)
    }

    func schedule(at deadline: SuspendingClock.Instant, handler: @escaping @Loop () -> Void) -> UInt64 {
        self.timers.insert(deadline, handler)
    }

    func cancelTimer(_ id: UInt64) {
        self.timers.remove(id)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness, generation: UInt32) {
        var event = epoll_event()
        event.events = interest.epollEvents
        event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var code = epoll_ctl(self.poll, operation, descriptor, &event)
        if code != 0, errno == ENOENT || errno == EEXIST {
            // The owner closed the descriptor without `unwatch`, and the number came back.
            code = epoll_ctl(self.poll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        }
        precondition(code == 0, "epoll_ctl(\(operation), \(descriptor)) failed with errno \(errno)")
    }
}
