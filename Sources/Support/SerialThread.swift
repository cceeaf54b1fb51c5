import Glibc

/// A thread that runs one job after the other: for calls that block and must not do so on the event loop.
///
/// `@unchecked Sendable`: `jobs` and `isOver` are only touched under `lock`.
public final class SerialThread: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [@Sendable () -> Void] = []
    private var isOver = false
    private let bound: Int

    /// - Parameter bound: how many jobs may wait.
    public init(bound: Int) {
        self.bound = bound
        pthread_mutex_init(self.lock, nil)
        pthread_cond_init(self.wakeUp, nil)
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 256 << 10)
        let code = pthread_create(&thread, &attributes, Self.body, Unmanaged.passRetained(self).toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(code == 0, "no thread for blocking calls: \(code)")
    }

    deinit {
        pthread_cond_destroy(self.wakeUp)
        pthread_mutex_destroy(self.lock)
        self.wakeUp.deallocate()
        self.lock.deallocate()
    }

    /// Runs `job` when those before it are done. False when too many wait; it is not run then.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        guard self.jobs.count < self.bound else { return false }
        self.jobs.append(job)
        pthread_cond_signal(self.wakeUp)
        return true
    }

    /// Ends the thread when the jobs that wait are done.
    public func end() {
        pthread_mutex_lock(self.lock)
        self.isOver = true
        pthread_cond_signal(self.wakeUp)
        pthread_mutex_unlock(self.lock)
    }

    // The thread holds the one reference that keeps the object alive until it ends.
    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<SerialThread>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }

    private func run() {
        while let job = self.next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(self.lock)
        defer { pthread_mutex_unlock(self.lock) }
        while self.jobs.isEmpty {
            if self.isOver { return nil }
            pthread_cond_wait(self.wakeUp, self.lock)
        }
        return self.jobs.removeFirst()
    }
}
