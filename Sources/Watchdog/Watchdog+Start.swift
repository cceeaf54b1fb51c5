import CLinux
import Compose
import Docker
import EventLoop
import Healing
import Support

/// What has to be there before anything is watched.
extension Watchdog {
    /// Two thirds of the memory of a program that has just begun are pages of libraries and of its own code that only
    /// the start needed (dynamic linking, TLS tables, reading the compose file); those that only a look at the containers
    /// needs come again with each. Measured: 20.4 MB resident without this, 12.8 MB with it.
    func releaseReadOnlyMemory() {
        linux_release_read_only_pages()
    }

    func lock() throws(WatchError) -> FileLock {
        self.watched.folder.make()
        do {
            let lock = try FileLock(path: self.watched.folder.watchLock)
            lock.describe(self.watched.lockDescription)
            return lock
        } catch {
            switch error {
            case .held(let pid):
                let owner = pid.map { "with pid \($0)" } ?? "with an unknown pid"
                throw WatchError(
                    .alreadyRunning,
                    "a watchdog \(owner) already watches project \(self.watched.project). "
                        + "Stop that one first (kill \(pid.map(String.init) ?? "PID")), or leave it at its work.")
            case .unusable(let reason):
                throw WatchError(.logFileUnusable, "the lock can't be taken: \(reason). Make its folder writable.")
            }
        }
    }

    /// Takes the lock anew where its file was removed, as with the whole state folder, and makes the control socket anew that
    /// went with it. Where another watchdog has the lock by then, this one ends: two would undo each other's work.
    func keepLock() {
        guard let lock = self.lockHeld, !lock.isFile(at: self.watched.folder.watchLock) else { return }
        do throws(WatchError) {
            self.lockHeld = try self.lock()
            complain(
                "the lock of this watchdog was removed, with it \(self.watched.folder.path) perhaps: it was made anew")
            self.renewControl()
        } catch {
            guard error.code == .alreadyRunning else { return }
            self.displaced = WatchError(.alreadyRunning, "the lock of this watchdog was removed; \(error.message)")
            self.stop()
        }
    }

    /// Finds out at once whether there is any way to ask the health URL of the service that was named, where a container
    /// is there to try it on.
    func requireProbe() async throws(WatchError) {
        guard let service = self.watched.target else { return }
        await self.refresh(service)
        let target = self.known.first { $0.key.service == service && $0.value.state == .running }
        guard let (id, details) = target, let prober = self.prober(for: id) else { return }
        let (outcome, change) = await prober.probe(details.id, pid: details.pid, within: self.probeLimit(id))
        guard let change else { return }
        if case .inconclusive(let reason) = outcome {
            // A process that was about to end can't be asked in any way either, and that is what we are here for.
            guard await self.isStillRunning(details) else { return }
            throw WatchError(
                .probeImpossible,
                "\(prober.url) can't be asked inside \(service): \(reason), and its network "
                    + "namespace can't be entered (\(change)). Put curl into the image, or run the watchdog as root.")
        }
        await self.noteWay(change, of: id)
    }

    private func isStillRunning(_ run: ContainerDetails) async -> Bool {
        let now = try? await self.engine.inspect(run.id, within: .seconds(5))
        return now?.state == .running && now?.startedAt == run.startedAt
    }

    /// The time that was asked for before the first look. A watchdog that is stopped meanwhile has nothing to finish.
    func waitForStart() async {
        let end = self.timeline.now + self.settings.startDelay
        while !self.isStopping, self.timeline.now < end {
            try? await Loop.sleep(for: min(.milliseconds(200), end - self.timeline.now))
        }
    }

    var identity: [Record.Field] {
        [
            ("project", self.watched.project), ("service", self.watched.target ?? "*"), ("pid", String(processID())),
            ("interval", self.settings.interval.seconds),
        ]
            + (self.watched.target.flatMap { self.services[$0]?.settings.healthURL }.map {
                [("url", $0.value.description)]
            } ?? [])
    }
}
