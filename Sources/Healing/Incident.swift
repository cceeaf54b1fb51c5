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

    init(number: Int, began: Moment, diagnosis: Diagnosis) {
        self.number = number
        self.began = began
        self.diagnosis = diagnosis
        self.lastBad = began
    }
}
