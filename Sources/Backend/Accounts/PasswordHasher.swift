import EventLoop
import Support

/// Hashes and verifies passwords away from the loop, a few at a time.
///
/// Each one costs some 50 ms of a core and 64 MiB while it lasts, so that a stolen table is dear to try out. A crowd that
/// logs in waits in a line, and games and health go on beside it. Who would wait too long is refused at once: whoever asked
/// has given up by then, and the work for him would only keep others waiting. Decision 068.
@Loop
final class PasswordHasher {
    /// The wait would be too long, or there was no memory: try again later.
    struct Busy: Error {}

    private let threadsMost: Int
    private let waitingMost: Int
    private let waitMost: Duration
    /// Begun when they are first needed: a server that nobody logs into has none.
    private var threads: [SerialThread] = []
    private var free: [SerialThread] = []
    private var waiting: [Job] = []
    /// How long one takes, on this machine and beside what else runs: a moving average.
    private var usual = Duration.milliseconds(50)

    private struct Job {
        let since: SuspendingClock.Instant
        /// On a thread, or on none when the wait was too long.
        let begin: @Loop (SerialThread?) -> Void
    }

    /// - Parameters:
    ///   - threads: so many at a time. Two, as two take 128 MiB of a small machine and half of its cores.
    ///   - waiting: so many in line. The last of 60 waits for two seconds on a machine with nothing else to do.
    ///   - waitMost: so long in line. Half of what the server takes for an answer, as a hash and statements follow.
    init(threads: Int = 2, waiting: Int = 60, waitMost: Duration = .seconds(5)) {
        self.threadsMost = threads
        self.waitingMost = waiting
        self.waitMost = waitMost
    }

    /// Ends the threads when what they do is done.
    func close() {
        for thread in self.threads { thread.end() }
    }

    /// A hash of `password` to be stored.
    func hash(_ password: Secret) async throws(Busy) -> String {
        guard let hash = try await self.run({ Sodium.hash(password: password.value) }) else { throw Busy() }
        return hash
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash the answer is no, and takes as long.
    func verify(_ password: Secret, against hash: String?) async throws(Busy) -> Bool {
        let hash = hash ?? Sodium.hashOfNothing
        return try await self.run { Sodium.verify(password: password.value, hash: hash) }
    }

    /// Runs `work` on one of the threads, first come first served.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(Busy) -> Value {
        let promise = Promise<Value?>()
        let begin: @Loop (SerialThread?) -> Void = { thread in
            guard let thread else { return promise.fulfil(nil) }
            let began = Loop.now
            let isAccepted = thread.submit {
                let value = work()
                Task { @Loop in
                    promise.fulfil(value)
                    self.usual = (self.usual * 3 + began.duration(to: Loop.now)) / 4
                    self.goOn(thread)
                }
            }
            precondition(isAccepted, "a free thread has nothing in line")
        }
        if let thread = self.free.popLast() ?? self.newThread() {
            begin(thread)
        } else if self.waiting.count < self.waitingMost, self.waitOfNext <= self.waitMost {
            self.waiting.append(Job(since: Loop.now, begin: begin))
        } else {
            throw Busy()
        }
        guard let value = await promise.value() else { throw Busy() }
        return value
    }

    /// How long who comes now will probably wait: for those in line, and for one that is being done.
    private var waitOfNext: Duration { self.usual * (self.waiting.count + 1) / self.threadsMost }

    private func newThread() -> SerialThread? {
        guard self.threads.count < self.threadsMost else { return nil }
        let thread = SerialThread(bound: 1)
        self.threads.append(thread)
        return thread
    }

    private func goOn(_ thread: SerialThread) {
        while let job = self.waiting.first {
            self.waiting.removeFirst()
            // It has become slower than was foreseen.
            let isLate = job.since.duration(to: Loop.now) > self.waitMost
            job.begin(isLate ? nil : thread)
            if !isLate { return }
        }
        self.free.append(thread)
    }
}
