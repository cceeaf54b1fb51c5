import Healing
import Support

/// A service as it really is, known to the world and not to the watchdog.
struct SimulatedService {
    /// What its program is like: it shows in every run until it is mended.
    enum Nature: Equatable {
        case good
        case crashes
        case neverWell
        /// Needs this many milliseconds until it answers.
        case slow(Int)
    }

    enum Hand { case person, watchdog, daemon }

    /// A stop that is going on.
    struct Stopping {
        let hand: Hand
        /// When the process will have ended: by the signal, or by the kill after the grace.
        let ends: Int
        let startsAgain: Bool
        /// The action to report the end of.
        let action: Int?
    }

    let id: ServiceID
    let restartPolicy: Container.RestartPolicy
    /// Milliseconds, as all times here.
    let grace: Int
    let startPeriod: Int
    let isProbed: Bool

    var nature = Nature.good
    var container = 1
    var run = 0
    var state = Container.State.created
    /// Whether its container was removed and no other one made.
    var isGone = false
    var started = 0
    var exitCode = 0
    var endedAt = 0
    var startError: String?
    var answersFrom = 0
    var crashesAt: Int?
    var isFrozen = false
    var isSick = false
    var isTraced = false
    /// Checks that failed up to then stand in Docker's row for some more checks.
    var tracedUntil = -1_000_000
    /// Until when it hardly gets a processor.
    var starvedUntil = 0
    var starvedSince = 0
    /// How long its threads have waited for one, up to `waitedUntil`.
    var waited = 0
    var waitedUntil = 0
    var image = "image 1"
    /// The container whose network it joined when its own was made, where it has none of its own.
    var networkContainer: String?
    var stopping: Stopping?
    var engineRestartsAt: Int?
    var engineDelay = 100
    /// When a person asked for its stop; nil when somebody wants it to run.
    var stoppedByPerson: Int?
    /// Since when it is well in itself, whatever its dependencies are.
    var wellSince: Int?
    /// When it last was.
    var lastWell = -1_000_000
    var hasAnswered = false
    var beganBy = Hand.person

    /// Since when whoever asks it gets good answers.
    var answersSince: Int?
    var dockerStatus = DockerHealth.Status.starting
    var dockerCheck: DockerHealth.Check?
    var dockerStreak = 0
    var dockerCheckDue = 0

    static let checkInterval = 5_000
    static let checkTimeout = 2_000

    var name: String { "\(self.id)/\(self.container)" }
    var isProcess: Bool { self.state == .running || self.state == .paused }

    /// When something next happens in it by itself.
    var due: Int {
        var due = self.engineRestartsAt ?? .max
        if let stopping { due = min(due, stopping.ends) }
        guard self.state == .running else { return due }
        if !self.isFrozen, let crashesAt { due = min(due, crashesAt) }
        return min(due, self.dockerCheckDue)
    }

    func isWellInItself(at now: Int) -> Bool {
        self.state == .running && !self.isFrozen && !self.isSick && !self.isTraced && self.nature != .neverWell
            && now >= self.answersFrom && self.stopping == nil
    }

    /// While the machine stands still nobody waits.
    mutating func standStill(from now: Int, until end: Int) {
        self.wait(until: now)
        self.waitedUntil = max(end, self.waitedUntil)
    }

    /// Whoever starves waits for nearly all of the time.
    mutating func wait(until now: Int) {
        self.waited += max(0, min(now, self.starvedUntil) - self.waitedUntil) * 9 / 10
        self.waitedUntil = max(now, self.waitedUntil)
    }

    mutating func beginRun(at now: Int, by hand: Hand, _ random: inout SplitMix64) {
        self.run += 1
        self.state = .running
        self.started = now
        self.beganBy = hand
        self.startError = nil
        self.isGone = false
        self.stopping = nil
        self.engineRestartsAt = nil
        (self.isFrozen, self.isSick, self.isTraced, self.hasAnswered) = (false, false, false, false)
        if case .slow(let boot) = self.nature {
            self.answersFrom = now + boot
        } else {
            self.answersFrom = now + random.milliseconds(200...1_500)
        }
        self.crashesAt = self.nature == .crashes ? now + random.milliseconds(50...3_000) : nil
        (self.dockerStatus, self.dockerCheck, self.dockerStreak) = (.starting, nil, 0)
        self.dockerCheckDue = now + Self.checkInterval
    }

    /// As the engine does it: unhealthy until its next check.
    mutating func unpause(at now: Int) {
        self.state = .running
        self.dockerStatus = .unhealthy
        self.dockerCheckDue = now + Self.checkInterval
    }

    /// One run of Docker's healthcheck, which `passes` or not.
    ///
    /// - Returns: whether the engine thinks otherwise of it since.
    mutating func check(at now: Int, passes: Bool, timesOut: Bool) -> Bool {
        let before = self.dockerStatus
        let verdict: DockerHealth.Check.Verdict = timesOut ? .timedOut : passes ? .passed : .failed
        self.dockerCheck = .init(began: Moment(.milliseconds(now)), verdict: verdict, mark: String(now))
        self.dockerCheckDue = now + Self.checkInterval
        if verdict == .passed {
            (self.dockerStatus, self.dockerStreak) = (.healthy, 0)
        } else if self.dockerStatus != .starting || now - self.started >= self.startPeriod {
            self.dockerStreak += 1
            if self.dockerStreak >= 3 { self.dockerStatus = .unhealthy }
        }
        return self.dockerStatus != before
    }

    /// What an inspection shows.
    var inspection: Container {
        Container(
            run: .init(container: self.name, started: "run \(self.run)"), state: self.state,
            started: Moment(.milliseconds(self.started)), exitCode: self.exitCode, startError: self.startError,
            restartPolicy: self.restartPolicy, stopGrace: .milliseconds(self.grace),
            isStateless: self.id.service != "db", image: self.image, networkContainer: self.networkContainer,
            health: DockerHealth(
                // As the engine does it.
                status: self.state == .running ? self.dockerStatus : .unhealthy, lastCheck: self.dockerCheck,
                failingStreak: self.dockerStreak,
                interval: .milliseconds(Self.checkInterval), timeout: .milliseconds(Self.checkTimeout), retries: 3,
                startPeriod: .milliseconds(self.startPeriod)))
    }
}
