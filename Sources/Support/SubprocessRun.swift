import CLinux
import EventLoop
import Glibc

/// One run of a ``Subprocess``, from the start to the reaping.
@Loop
final class SubprocessRun {
    enum Channel { case stdout, stderr }

    /// How long after SIGTERM it is killed, and how long after SIGKILL it is no longer waited for: a process in an
    /// uninterruptible wait does not end before its disk answers. It is reaped whenever it does.
    private static let patience = Duration.seconds(2)

    private let subprocess: Subprocess
    private let onOutput: ((Channel, UnsafeRawBufferPointer) -> Void)?
    private var pid: pid_t = 0
    private var pipes: [Int32: Channel] = [:]
    private var timer: LoopTimer?
    private var reason: Subprocess.Failure.Code?
    private var continuation: CheckedContinuation<Result<Subprocess.Exit, Subprocess.Failure>, Never>?

    /// - Parameter onOutput: gets what the program writes; nil when it shall write where we do.
    init(_ subprocess: Subprocess, onOutput: ((Channel, UnsafeRawBufferPointer) -> Void)?) {
        self.subprocess = subprocess
        self.onOutput = onOutput
    }

    /// Starts it and waits for its end. To be called once.
    func end(within limit: Duration) async throws(Subprocess.Failure) -> Subprocess.Exit {
        if Task.isCancelled { throw self.failure(.cancelled, "was not started: cancelled") }
        try self.start()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.continuation = continuation
                self.timer = Loop.after(limit) { self.terminate(.timedOut) }
            }
        } onCancel: {
            Task { @Loop in self.terminate(.cancelled) }
        }
        return try result.get()
    }

    // MARK: Starting

    private func start() throws(Subprocess.Failure) {
        var writeEnds: [Int32] = []
        defer { for end in writeEnds { close(end) } }
        if self.onOutput != nil {
            for channel in [Channel.stdout, .stderr] {
                var ends: [Int32] = [-1, -1]
                guard linux_pipe(&ends) == 0 else { throw self.cannotStart(errno) }
                // Only our end: the other one is the program's stdout, which programs expect to block.
                _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
                self.pipes[ends[0]] = channel
                writeEnds.append(ends[1])
            }
        }
        let (code, pid) = self.subprocess.spawn(outputs: writeEnds)
        guard code == 0 else { throw self.cannotStart(code) }
        self.pid = pid
        let pidfd = linux_pidfd_open(pid)
        guard pidfd >= 0 else {
            let code = errno
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw self.cannotStart(code)
        }
        Loop.watch(pidfd, for: .readable) { _ in self.reap(pidfd) }
        for pipe in self.pipes.keys { Loop.watch(pipe, for: .readable) { _ in self.read(pipe, times: 1) } }
    }

    private func cannotStart(_ code: Int32) -> Subprocess.Failure {
        for pipe in self.pipes.keys { close(pipe) }
        self.pipes = [:]
        let isMissing = code == ENOENT || code == ENOTDIR
        return self.failure(
            isMissing ? .notFound : .cannotStart, "can't be started: \(String(cString: strerror(code)))")
    }

    private func failure(_ code: Subprocess.Failure.Code, _ what: String) -> Subprocess.Failure {
        Subprocess.Failure(code: code, message: "\(self.subprocess.program) \(what)")
    }

    // MARK: Running

    private func read(_ pipe: Int32, times: Int) {
        guard let channel = self.pipes[pipe] else { return }
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            for _ in 0..<times {
                let count = Glibc.read(pipe, buffer.baseAddress, buffer.count)
                if count > 0 {
                    self.onOutput?(channel, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    return self.closePipe(pipe)
                } else {
                    return
                }
            }
        }
    }

    private func closePipe(_ pipe: Int32) {
        Loop.unwatch(pipe)
        close(pipe)
        self.pipes[pipe] = nil
    }

    // MARK: Ending

    private func terminate(_ reason: Subprocess.Failure.Code) {
        guard self.reason == nil, self.continuation != nil else { return }
        self.reason = reason
        self.timer?.cancel()
        self.signal(SIGTERM)
        self.timer = Loop.after(Self.patience) {
            self.signal(SIGKILL)
            self.timer = Loop.after(Self.patience) { self.finish(.exited(-1)) }
        }
    }

    /// With output to us it leads a process group of its own, and descendants get the signal too.
    private func signal(_ number: Int32) {
        kill(self.onOutput == nil ? self.pid : -self.pid, number)
    }

    private func reap(_ pidfd: Int32) {
        var status: Int32 = 0
        guard waitpid(self.pid, &status, WNOHANG) == self.pid else { return }
        Loop.unwatch(pidfd)
        close(pidfd)
        // Those who ignored SIGTERM while their leader heeded it.
        if self.reason != nil, self.onOutput != nil { self.signal(SIGKILL) }
        self.finish(status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F))
    }

    private func finish(_ exit: Subprocess.Exit) {
        self.timer?.cancel()
        // What is in the pipes by now, bounded: a descendant that lives on may write for ever.
        for pipe in self.pipes.keys {
            self.read(pipe, times: 16)
            if self.pipes[pipe] != nil { self.closePipe(pipe) }
        }
        let result: Result<Subprocess.Exit, Subprocess.Failure> =
            switch self.reason {
            case nil: .success(exit)
            case .cancelled?: .failure(self.failure(.cancelled, "was ended: cancelled"))
            case let reason?: .failure(self.failure(reason, "did not end in time"))
            }
        self.continuation?.resume(returning: result)
        self.continuation = nil
    }
}
