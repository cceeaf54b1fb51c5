/// What one look at the health URL from inside the container gave.
public struct ProbeResult: Hashable, Sendable, Codable {
    public enum Outcome: Hashable, Sendable, Codable {
        /// A success status.
        case passed
        /// An error status. `sick` are the names the answer calls down, as far as it names any ("app", "db").
        case answeredError(status: Int, sick: [String])
        case refused
        case timedOut
        /// Connected, but what came was no HTTP answer; with the reason.
        case broken(String)
        /// The probe itself could not run; with the reason. Says nothing about the service.
        case inconclusive(String)
    }

    /// The run that was asked. A result of an old run says nothing about the new one.
    public var run: Container.Run
    public var began: Moment
    public var outcome: Outcome

    public init(run: Container.Run, began: Moment, outcome: Outcome) {
        self.run = run
        self.began = began
        self.outcome = outcome
    }
}

/// What the kernel says of the container's main process.
public struct ProcessCondition: Hashable, Sendable, Codable {
    /// Every thread is in state T: nothing in it can run, and no signal but KILL and CONT is heard.
    public var isStopped: Bool
    /// A debugger is attached.
    public var isTraced: Bool
    /// What the container's processes did with the processor; nil where nobody asked.
    public var activity: Activity?

    public init(isStopped: Bool = false, isTraced: Bool = false, activity: Activity? = nil) {
        self.isStopped = isStopped
        self.isTraced = isTraced
        self.activity = activity
    }
}
