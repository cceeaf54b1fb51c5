import EventLoop
import Support

/// Hashes and verifies passwords away from the loop, a few at a time.
///
/// Each one costs some 50 ms of a core and 64 MiB while it lasts, so that a stolen table is dear to try out. A crowd that
/// logs in waits in a line, and games and health go on beside it. A line that is full is refused at once.
@Loop
final class PasswordHasher {
    /// The line is full, or there was no memory: try again later.
    struct Busy: Error {}

    private let threadsMost: Int
    private let waitingMost: Int
    /// Begun when they are first needed: a server that nobody logs into has none.
    private var threads: [SerialThread] = []
    private var free: [SerialThread] = []
    private var waiting: [@Loop (SerialThread) -> Void] = []

    /// - Parameters:
    ///   - threads: so many at a time. Two, as two take 128 MiB of a small machine and half of its cores.
    ///   - waiting: so many in line. The last of 60 waits for two seconds.
    init(threads: Int = 2, waiting: Int = 60) {
        self.threadsMost = threads
        self.waitingMost = waiting
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
        let promise = Promise<Value>()
        let job: @Loop (SerialThread) -> Void = { thread in
            let isAccepted = thread.submit {
                let value = work()
                Task { @Loop in
                    promise.fulfil(value)
                    self.goOn(thread)
                }
            }
            precondition(isAccepted, "a free thread has nothing in line")
        }
        if let thread = self.free.popLast() ?? self.newThread() {
            job(thread)
        } else if self.waiting.count < self.waitingMost {
            self.waiting.append(job)
        } else {
            throw Busy()
        }
        return await promise.value()
    }

    private func newThread() -> SerialThread? {
        guard self.threads.count < self.threadsMost else { return nil }
        let thread = SerialThread(bound: 1)
        self.threads.append(thread)
        return thread
    }

    private func goOn(_ thread: SerialThread) {
        if self.waiting.isEmpty { self.free.append(thread) } else { self.waiting.removeFirst()(thread) }
    }
}
