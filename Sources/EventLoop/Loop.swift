/// The one thread on which a program of this package does its work.
///
/// Everything marked `@Loop` runs on the thread that called ``run(_:)``: sockets, timers, libcurl, libpq and HTTP share
/// it without locks or hops. A hop to Swift's default pool costs more than most of what runs here, and a pool once
/// woken ticks every second for ever; this loop sleeps in `epoll_wait(2)` until there is something to do.
///
/// Nothing that blocks may run here: a blocking call stops every probe and every answer of the program.
@globalActor
public actor Loop {
    public static let shared = Loop()

    nonisolated let executor = LoopExecutor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// The loop's clock: monotonic, and standing still while the machine is suspended, as `epoll_wait` is.
    public static var now: SuspendingClock.Instant { SuspendingClock.now }

    /// Runs `body` on the loop, with the calling thread as the loop's thread, and returns what it returns.
    ///
    /// To be called once in the life of a process, before there are other threads. Work that is still going on when
    /// `body` returns is abandoned.
    ///
    /// Takes over the jobs of Swift's global pool, too. Swift resumes a suspended function there first, whatever actor
    /// it belongs to, and hops from there: without this, each `await` would wake two threads, and the pool would exist.
    public static func run(_ body: @escaping @Loop @Sendable () async -> Int32) -> Int32 {
        let executor = Loop.shared.executor
        LoopExecutor.takeGlobalJobs()
        let task = Task { @Loop in
            let status = await body()
            executor.stop(status)
        }
        defer { task.cancel() }
        return executor.run()
    }

    /// Gives the loop a thread of its own, for programs whose main thread belongs to somebody else (a test runner).
    /// Further calls do nothing.
    public static func startThread() {
        Loop.shared.executor.startThread()
    }

    /// Runs `operation` at once, when the caller is on the loop's thread already but the compiler can't see it: in a
    /// callback from a C library. Traps on any other thread.
    public static nonisolated func assumeIsolated<Result>(_ operation: @Loop () throws -> Result) rethrows -> Result {
        Loop.shared.preconditionIsolated()
        // The standard library's `MainActor.assumeIsolated` does the same: isolation is no part of a closure's layout.
        return try withoutActuallyEscaping(operation) { escaping in
            try unsafeBitCast(escaping, to: (() throws -> Result).self)()
        }
    }
}
