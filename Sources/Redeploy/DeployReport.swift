/// What came of a deploy, for `--json` and for the exit code.
public struct DeployReport: Sendable, Encodable {
    public let outcome: DeployOutcome
    /// The step that failed; empty when none did.
    public let step: String
    /// Why it ended so; empty when all went well.
    public let reason: String
    /// The deploy's name in the history; empty for one that was refused.
    public let id: String
    /// What was changed, or was to be.
    public let units: [DeployUnit]
    /// The longest time without a good answer on the published port from the swap to the end of the deploy, and of its
    /// undoing where it failed; nil where there is none.
    public let gapMilliseconds: Int?
    /// From the failure until what served before served again; nil where nothing was undone.
    public let undoMilliseconds: Int?
    /// What would be done, as lines for a person, where that was all that was asked; nil otherwise.
    public let plan: [String]?
    /// Whether what runs was looked at.
    private var hasLooked = true

    init(
        _ outcome: DeployOutcome, step: String, reason: String, id: String = "", units: [DeployUnit] = [],
        gapMilliseconds: Int? = nil, undoMilliseconds: Int? = nil, plan: [String]? = nil
    ) {
        self.outcome = outcome
        self.step = step
        self.reason = reason
        self.id = id
        self.units = units
        self.gapMilliseconds = gapMilliseconds
        self.undoMilliseconds = undoMilliseconds
        self.plan = plan
    }

    /// What a deploy would do.
    ///
    /// - Parameter builds: the services whose images it would build; what comes of that is not known before.
    init(planned plan: DeployPlan, builds: [String]) {
        let lines = builds.map { "\($0): built; replaced if that makes another image" } + plan.lines
        let isNothing = builds.isEmpty && plan.units.isEmpty
        self.init(isNothing ? .nothingToDo : .deployed, step: "", reason: "", units: plan.units, plan: lines)
    }

    /// One that was refused for its settings.
    public init(refused reason: String) { self.init(.misconfigured, step: "plan", reason: reason) }

    /// There was no cut-off deploy. Nothing else was looked at.
    public init(nothingToRecover: ()) {
        self.init(.nothingToDo, step: "", reason: "no deploy was cut off")
        self.hasLooked = false
    }

    private enum Key: String, CodingKey {
        case outcome, exitCode, step, reason, id, containers, gapMilliseconds, undoMilliseconds, plan
    }

    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        let isPlanned = self.plan != nil && self.outcome == .deployed
        try object.encode(isPlanned ? "planned" : self.outcome.word, forKey: .outcome)
        try object.encode(self.outcome.rawValue, forKey: .exitCode)
        try object.encode(self.step, forKey: .step)
        try object.encode(self.reason, forKey: .reason)
        try object.encode(self.id, forKey: .id)
        try object.encode(self.units, forKey: .containers)
        try object.encode(self.gapMilliseconds, forKey: .gapMilliseconds)
        try object.encode(self.undoMilliseconds, forKey: .undoMilliseconds)
        try object.encodeIfPresent(self.plan, forKey: .plan)
    }

    /// One line for a person.
    public var text: String {
        let what =
            switch self.outcome {
            case .deployed where self.plan != nil: "planned; nothing was changed"
            case .nothingToDo where self.plan != nil: "nothing would be done: what is wanted runs"
            case .nothingToDo where !self.hasLooked: "nothing to do"
            case .deployed: "deployed and verified"
            case .failedUntouched: "failed; what served before was not touched"
            case .rolledBack: "failed and rolled back; what served before serves again, verified"
            case .rollbackFailed: "failed, and not rolled back"
            case .nothingToDo: "nothing to do: what is wanted runs, verified"
            case .locked: "another deploy is going on"
            case .misconfigured: "refused"
            }
        return self.reason.isEmpty ? what : "\(what): \(self.reason)"
    }
}
