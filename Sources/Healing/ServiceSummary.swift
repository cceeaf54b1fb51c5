/// What is known of one service, for people and scripts.
public struct ServiceSummary: Hashable, Sendable {
    public let id: ServiceID
    public let verdict: Verdict
    public let container: Container?
    public let incident: Incident?
    /// Attempts since the backoff last started over.
    public let attempts: Int
    /// When the next attempt may begin at the earliest; nil when at once.
    public let nextAttempt: Moment?
    /// The pause it is under; what it is found to be stands beside it.
    public let pause: Pause?
    /// When the verdict may change by time alone; nil when only something new can change it.
    public let changesAt: Moment?
}

extension HealingState {
    /// The services known so far, by name and replica.
    public func summaries(at now: Moment) -> [ServiceSummary] {
        self.services.values.sorted { ($0.id.service, $0.id.replica) < ($1.id.service, $1.id.replica) }.map { state in
            var alarm = Alarm()
            let isBlind = self.engineLoss != nil
            let verdict =
                isBlind ? .unknown("the engine does not answer") : self.verdict(of: state, at: now, alarm: &alarm)
            let next = state.nextAttempt(self.policy(of: state.id.service))
            return ServiceSummary(
                id: state.id, verdict: verdict, container: state.container, incident: state.incident,
                attempts: state.attempts, nextAttempt: next.flatMap { $0 > now ? $0 : nil },
                pause: self.pause(of: state.id.service, at: now), changesAt: alarm.moment)
        }
    }
}
