import Compose
import EventLoop
import Glibc
import Support

/// The one deploy of a project at a time. The kernel lets go of it when we end, however we end; a `docker compose` that
/// outlives us holds it until it has ended too.
@Loop
final class DeployLock {
    enum Failure: Error {
        /// Another deploy has it; in words for a person.
        case held(String)
        /// A person ended the wait for another one.
        case interrupted(String)
        case unusable(String)
    }

    let lock: FileLock
    private let since = Timestamp.now

    /// How long one waits for what a deploy that was killed has left running.
    private static nonisolated let orphanWait = Duration.seconds(60)

    /// - Parameters:
    ///   - wait: how long another deploy is waited for.
    ///   - isInterrupted: ends the wait.
    ///   - say: hears who it is that is waited for.
    init(
        _ folder: StateFolder, wait: Duration, isInterrupted: () -> Bool, say: (String) -> Void
    ) async throws(Failure) {
        folder.make()
        let began = Loop.now
        var hasSaid = false
        while true {
            do throws(FileLock.Failure) {
                self.lock = try FileLock(path: folder.deployLock)
                return
            } catch {
                guard case .held(let pid) = error else {
                    if case .unusable(let reason) = error { throw .unusable(reason) }
                    continue
                }
                let marker = DeployMarker(line: FileLock.description(ofLockAt: folder.deployLock))
                let isOrphaned = Self.isGone(pid, boot: marker?.boot)
                let limit = isOrphaned ? max(wait, Self.orphanWait) : wait
                let owner = Self.words(pid, marker, isOrphaned: isOrphaned)
                guard began.duration(to: Loop.now) < limit else { throw .held(owner) }
                guard !isInterrupted() else { throw .interrupted(owner) }
                if !hasSaid { say("waiting for \(owner)") }
                hasSaid = true
                do { try await Loop.sleep(for: .milliseconds(200)) } catch { throw .interrupted(owner) }
            }
        }
    }

    /// Says for how long from now the watchdog shall leave `services` alone; empty for all.
    func announce(_ services: [String], for time: Duration) {
        let (seconds, attoseconds) = time.components
        let expires = Timestamp(
            nanoseconds: Timestamp.now.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        let marker = DeployMarker(
            owner: userName(), boot: bootID(), since: self.since, expires: expires, services: services)
        self.lock.describe(marker.line)
    }

    /// Whether the process that took the lock has ended: what holds it is a command that it began.
    private static func isGone(_ pid: Int32?, boot: String?) -> Bool {
        guard let pid, pid > 0 else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH || boot != nil && boot != bootID()
    }

    private static func words(_ pid: Int32?, _ marker: DeployMarker?, isOrphaned: Bool) -> String {
        if isOrphaned { return "a docker compose that a killed deploy (pid \(pid ?? 0)) left running" }
        let owner = marker.map { " of \($0.owner) since \($0.since)" } ?? ""
        return "the deploy\(owner) with pid \(pid.map(String.init) ?? "unknown")"
    }
}

/// Who runs this; behind `sudo`, who runs that.
func userName() -> String {
    if let name = getenv("SUDO_USER") { return String(cString: name) }
    guard let entry = getpwuid(getuid()) else { return String(getuid()) }
    return String(cString: entry.pointee.pw_name)
}
