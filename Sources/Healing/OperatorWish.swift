/// What an operator asks of the watchdog.
public enum OperatorWish: Hashable, Sendable, Codable {
    /// Do nothing to the service (nil: to any of the project) for this time.
    case pause(service: String?, for: Duration, reason: String)
    /// End the pause of the service (nil: all pauses).
    case resume(service: String?)
    /// Heal the service now, if a guard does not forbid it.
    case heal(service: String)

    /// Whom it is about; nil for the whole project.
    var service: String? {
        switch self {
        case .pause(let service, _, _), .resume(let service): service
        case .heal(let service): service
        }
    }
}

/// Why a service is not healed though an operator asks for it.
public enum HealRefusal: Hashable, Sendable {
    case notWatched
    case engineLost
    case paused
    /// An action is going on along its chain of dependencies.
    case busy
    case well
    case starting
    /// Not confirmed bad, and no other replica is well.
    case mayBeTheLastThatServes
    case dependenciesBad([String])
    /// The machine is to blame, or most services are bad at once.
    case hostTrouble
    /// The latest attempt is younger than the least wait; with what is left of it.
    case tooSoon(Duration)
    case standDown(StandDown)
    case unknown(String)

    /// For a verdict that is not bad.
    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .standDown(let reason): .standDown(reason)
            case .unknown(let reason): .unknown(reason)
            case .starting: .starting
            case .suspect: .mayBeTheLastThatServes
            case .well, .bad: .well
            }
    }

    /// For a person, about a service: why not, and what to do instead.
    public func advice(for service: String) -> String {
        switch self {
        case .notWatched: "\(service) is not watched"
        case .engineLost: "the Docker Engine does not answer; nothing is decided until it does"
        case .paused: "\(service) is paused; `selfheal resume` ends that"
        case .busy: "an action is going on at \(service) or along its dependencies; its end comes first"
        case .well: "\(service) is well; what is healthy is not restarted"
        case .starting: "\(service) is starting and within its grace"
        case .mayBeTheLastThatServes:
            "\(service) is not confirmed bad, and may be the last one that serves; some seconds will tell"
        case .dependenciesBad(let names):
            "\(service) depends on \(names.joined(separator: ", ")), which is not well; "
                + "`selfheal heal \(names.first ?? "")` comes first"
        case .hostTrouble:
            "the machine comes first, or others of many that are bad; host_trouble in the journal says what it is"
        case .tooSoon(let left): "the latest attempt was a moment ago; again in \(left.seconds)"
        case .standDown(let reason): "\(service) is left alone: \(reason.rawValue). \(reason.advice(for: service))"
        case .unknown(let reason): "how \(service) is can't be known: \(reason)"
        }
    }
}

extension StandDown {
    fileprivate func advice(for service: String) -> String {
        switch self {
        case .stopped, .foundStopped, .completed, .ended: "`docker compose start \(service)` starts it."
        case .stopping, .deploying: "Wait for the end of it."
        case .paused: "`docker compose unpause \(service)` lets it go on."
        case .debugged: "End the debugger first."
        case .removed: "`docker compose up -d \(service)` makes it."
        case .maintenance: "`selfheal resume` ends that."
        }
    }
}
