/// What is to be thought of one service at one moment.
public enum Verdict: Hashable, Sendable {
    /// Not ours to heal.
    case standDown(StandDown)
    /// It can't be known; with the reason. Never answered with an action.
    case unknown(String)
    /// Not serving yet, and within its grace.
    case starting
    /// Bad signs that are not confirmed yet.
    case suspect
    /// Confirmed bad.
    case bad(Diagnosis)
    case well

    /// The first probe of the run is still out, or the first after a pause.
    static let notProbedYet = Verdict.unknown("not probed yet")

    /// Whether nothing speaks against it.
    var isUntroubled: Bool {
        switch self {
        case .well, .unknown: true
        case .standDown, .starting, .suspect, .bad: false
        }
    }

    /// One word for people and scripts.
    public var name: String {
        switch self {
        case .standDown: "stand_down"
        case .unknown: "unknown"
        case .starting: "starting"
        case .suspect: "suspect"
        case .bad: "bad"
        case .well: "well"
        }
    }
}
