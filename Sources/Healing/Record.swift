/// A line of the journal: something that mattered about one service, or about the watchdog itself when `service` is
/// nil. Folding the records gives back the state that a watchdog needs to go on (``HealingState/restore(_:at:)``).
public struct Record: Hashable, Sendable {
    /// What ended a pause.
    public enum PauseEnd: String, Hashable, Sendable, CaseIterable { case person, time }

    public enum Event: Hashable, Sendable {
        /// An incident begins.
        case detected(Diagnosis)
        /// Nothing is done to the service while these dependencies are bad.
        case held(by: [String])
        /// An action begins. `attempt` counts from 1 since the backoff started over; `backoff` is the least time until
        /// another attempt.
        case acted(Action.Kind, attempt: Int, backoff: Duration)
        case actionSucceeded(after: Duration)
        case actionFailed(String)
        /// The engine's restart policy brought the process back.
        case restartedByEngine
        /// Probes pass again. "Serving again" is not yet "healed".
        case recovered(after: Duration)
        /// The incident is over: a probe and Docker's health say so, both newer than the last bad sign.
        case healed(after: Duration, attempts: Int, proof: String)
        /// The verify deadline passed without Docker's agreement; with what is missing.
        case unproven(String)
        /// Somebody else ended the incident, or took the service out of our hands; with who and how.
        case standDown(String)
        /// The service is not touched; with the reason. Said once.
        case leftAlone(String)
        /// Docker's healthcheck and our probe disagree, and the check is to blame; with what to do. Said once.
        case probeAtFault(String)
        /// Our own probe and Docker's healthcheck disagree, restarts change nothing, and the probe is to blame; with what
        /// to do. Said once in an incident; nothing more is done until one of the two changes its word.
        case ownProbeAtFault(String)
        /// Docker's health log stands still, so Docker's word counts no more. Said once.
        case staleHealth(String)
        /// The service needs so long to start, which is more than its start period.
        case startPeriodShort(needs: Duration)
        /// Containers of this image were proven healthy, for the first time.
        case imageVerified(String)
        /// All that can be tried was tried; with what that was. It is tried on, and a person has to look. Said once in an
        /// incident.
        case personNeeded(String)
        /// The machine, or what most services share, is to blame; with the evidence. Said once.
        case hostTrouble(String)
        /// An operator wants nothing done to the service (without one: to the whole project) for this time.
        case paused(for: Duration, reason: String)
        /// A pause is over.
        case resumed(by: PauseEnd)
        /// An operator wants the service healed now; an action follows.
        case healAsked
        /// The same, but a guard forbids it; with the reason and what to do.
        case healRefused(String)
        case engineLost(String)
        case engineBack(after: Duration)
    }

    public var service: ServiceID?
    /// Counts up over the life of the journal.
    public var incident: Int?
    public var event: Event

    public init(_ service: ServiceID?, incident: Int? = nil, _ event: Event) {
        self.service = service
        self.incident = incident
        self.event = event
    }
}
