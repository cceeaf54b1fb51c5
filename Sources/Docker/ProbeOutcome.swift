/// What came of asking a service for its health.
public enum ProbeOutcome: Hashable, Sendable {
    /// It answered. The body is what it sent, at most 64 KiB of it.
    case answered(status: Int, body: String)
    /// Nobody listens on the port.
    case refused
    /// No whole answer within the limit.
    case timedOut
    /// The conversation broke off or made no sense: reset, closed early, not HTTP, no route.
    case broken(String)
    /// The probe itself could not run, so nothing is known about the service.
    case unavailable(String)
}
