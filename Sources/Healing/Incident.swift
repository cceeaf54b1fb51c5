/// A time in which a service was bad, from the first sign to the proof that it is well.
public struct Incident: Hashable, Sendable {
    public let number: Int
    public let began: Moment
    public internal(set) var diagnosis: Diagnosis
    /// Attempts to heal it within this incident.
    public internal(set) var attempts = 0
    /// Since when it serves again, if it does.
    public internal(set) var recovered: Moment?
    /// The latest bad sign. What is to prove the healing must be newer.
    var lastBad: Moment
    /// The dependencies it was last said to be held for.
    public internal(set) var heldBy: [String] = []
    var saidKinds: Set<Diagnosis.Kind> = []
    var saidRestartedByEngine = false
    var saidUnproven = false
    /// Attempts since it last served for a moment: they changed nothing.
    var uselessAttempts = 0
    /// The latest attempt's action.
    var lastAction: Action.Kind?
    /// The age of the run that the first attempt ended, where that had not answered yet: it may just have been slow.
    var slowStartGiven: Duration?
    /// Whether Docker found the run healthy that the first attempt ended, and our probe never did.
    var isContradicted = false
    /// Whether our own probe was called to blame.
    public internal(set) var isProbeBlamed = false
    var saidPersonNeeded = false
    /// Said to be left alone for the pause that is on.
    var saidPaused = false

    init(number: Int, began: Moment, diagnosis: Diagnosis) {
        self.number = number
        self.began = began
        self.diagnosis = diagnosis
        self.lastBad = began
    }
}
