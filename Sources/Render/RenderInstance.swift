/// One instance of a web service as Render's published rules treat it. A value: no clock, no I/O.
///
/// Times count from the start of the instance.
public struct RenderInstance: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        /// Gets no traffic yet. Can transition to `live` (a check passed), `cancelled` (none ever did), `stopping`.
        case deploying
        /// Gets traffic. Can transition to `outOfRotation` (failing, or its process ended), `stopping`.
        case live
        /// Gets no traffic until a check passes. Can transition to `live`, `stopping`.
        case outOfRotation
        /// The deploy is over; the old version goes on. Final.
        case cancelled
        /// It got SIGTERM. Can transition to `stopped`.
        case stopping
        /// Final.
        case stopped
    }

    public enum Event: Hashable, Sendable {
        /// A health check was well.
        case passed
        /// A health check was not.
        case failed
        /// Its process ended by itself, or after SIGTERM.
        case exited
        /// Its successor is live, and the time for the rest of its requests is over.
        case replaced
        /// Nothing but time.
        case timePassed
    }

    /// What Render does.
    public enum Action: Hashable, Sendable {
        case routeTraffic
        case stopRouting
        case restart
        case cancelDeploy
        case terminate
        case kill
    }

    /// An action and when it is due.
    public struct Step: Hashable, Sendable {
        public let action: Action
        public let at: Duration
    }

    public private(set) var phase = Phase.deploying
    /// Since when no check passed; nil when the last one did.
    public private(set) var failingSince: Duration?
    private var terminatedAt = Duration.zero
    /// From SIGTERM to SIGKILL.
    public let shutdownDelay: Duration

    public init(shutdownDelay: Duration) { self.shutdownDelay = shutdownDelay }

    /// When something will be done if nothing changes; nil when nothing is due.
    public var due: Duration? {
        switch self.phase {
        case .deploying: RenderRules.deployLimit
        case .live: self.failingSince.map { $0 + RenderRules.rotationLimit }
        case .outOfRotation: self.failingSince.map { $0 + RenderRules.restartLimit }
        case .stopping: self.terminatedAt + self.shutdownDelay
        case .cancelled, .stopped: nil
        }
    }

    /// Takes in what happened.
    ///
    /// - Parameter now: not before that of the last call.
    /// - Returns: what Render does, with what became due meanwhile, in order.
    public mutating func handle(_ event: Event, at now: Duration) -> [Step] {
        // What was due before this happened was done before it.
        var steps: [Step] = []
        while let due = self.due, due <= now { steps.append(Step(action: self.carryOut(at: due), at: due)) }
        return steps + self.react(to: event, at: now).map { Step(action: $0, at: now) }
    }

    private mutating func react(to event: Event, at now: Duration) -> [Action] {
        switch (event, self.phase) {
        case (.passed, .deploying), (.passed, .outOfRotation):
            self.phase = .live
            self.failingSince = nil
            return [.routeTraffic]
        case (.passed, .live):
            self.failingSince = nil
            return []
        case (.failed, .live), (.failed, .outOfRotation), (.failed, .deploying):
            self.failingSince = self.failingSince ?? now
            return []
        case (.exited, .deploying):
            return [.restart]
        case (.exited, .live):
            self.phase = .outOfRotation
            self.failingSince = now
            return [.stopRouting, .restart]
        case (.exited, .outOfRotation):
            self.failingSince = now
            return [.restart]
        case (.exited, .stopping):
            self.phase = .stopped
            return []
        case (.replaced, .deploying), (.replaced, .live), (.replaced, .outOfRotation):
            self.phase = .stopping
            self.terminatedAt = now
            return [.terminate]
        case (.timePassed, _), (_, .cancelled), (_, .stopped), (.passed, .stopping), (.failed, .stopping),
            (.replaced, .stopping):
            return []
        }
    }

    /// Does what is due.
    private mutating func carryOut(at due: Duration) -> Action {
        switch self.phase {
        case .deploying:
            self.phase = .cancelled
            return .cancelDeploy
        case .live:
            self.phase = .outOfRotation
            return .stopRouting
        case .outOfRotation:
            // The new run has its own sixty seconds.
            self.failingSince = due
            return .restart
        case .stopping, .cancelled, .stopped:
            self.phase = .stopped
            return .kill
        }
    }
}
