/// What the engine says about a container at one moment: the part of it that decides anything.
public struct Container: Hashable, Sendable, Codable {
    /// One run of a container's process. The container's ID alone is not enough: a restart keeps it.
    public struct Run: Hashable, Sendable, Codable {
        public var container: String
        /// The engine's own text for the start time, compared and never interpreted.
        public var started: String

        public init(container: String, started: String) {
            self.container = container
            self.started = started
        }
    }

    /// The engine's `State.Status`.
    public enum State: String, Hashable, Sendable, Codable {
        case created, running, paused, restarting, removing, exited, dead
    }

    /// The engine's `HostConfig.RestartPolicy`: what it does by itself when the process exits.
    public enum RestartPolicy: Hashable, Sendable, Codable {
        case no, always, unlessStopped, onFailure
        /// The same, but for so many times in a row.
        case onFailureLimited

        /// Whether the engine brings the process back after it exited with `code`, unless somebody asked for the stop.
        public func applies(toExit code: Int) -> Bool {
            switch self {
            case .no: false
            case .always, .unlessStopped: true
            case .onFailure, .onFailureLimited: code != 0
            }
        }

        /// Whether the engine brings the process back for ever, so that only a stop through the engine keeps it down.
        var isUnconditional: Bool { self == .always || self == .unlessStopped }
    }

    public var run: Run
    public var state: State
    /// When the current or last run began.
    public var started: Moment
    /// The exit code of the last run; meaningful while the process is not running.
    public var exitCode: Int
    public var isOutOfMemory: Bool
    /// Why the engine could not start it, where it said so.
    public var startError: String?
    public var restartPolicy: RestartPolicy
    /// How long the engine waits between the stop signal and the kill: the service's `stop_grace_period`.
    public var stopGrace: Duration
    /// Whether the container has no volume: nothing in it can be lost by a shorter stop.
    public var isStateless: Bool
    /// The id of the image it was made from; empty where it is not known.
    public var image: String
    /// The container in whose network it lives (`network_mode: service:…`); nil when it has its own.
    public var networkContainer: String?
    /// Docker's own health of the container; nil without a healthcheck.
    public var health: DockerHealth?

    public init(
        run: Run, state: State, started: Moment, exitCode: Int = 0, isOutOfMemory: Bool = false,
        startError: String? = nil, restartPolicy: RestartPolicy = .no, stopGrace: Duration = .seconds(10),
        isStateless: Bool = false, image: String = "", networkContainer: String? = nil,
        health: DockerHealth? = nil
    ) {
        self.run = run
        self.state = state
        self.started = started
        self.exitCode = exitCode
        self.isOutOfMemory = isOutOfMemory
        self.startError = startError
        self.restartPolicy = restartPolicy
        self.stopGrace = stopGrace
        self.isStateless = isStateless
        self.image = image
        self.networkContainer = networkContainer
        self.health = health
    }
}
