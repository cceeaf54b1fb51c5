import Support

/// What a drill has come to.
public struct DrillReport: Sendable {
    enum Outcome: Sendable {
        case seen(Verdict, Observation)
        /// It could not be injected or watched; with the reason.
        case notHeld(String)
        /// What it needs is not there; with what that is.
        case skipped(String)
    }

    /// One fault, injected once.
    public struct Row: Sendable {
        let name: String
        let title: String
        /// From 1.
        let run: Int
        let outcome: Outcome

        init(_ fault: Fault, _ run: Int, _ outcome: Outcome) {
            self.name = fault.name
            self.title = fault.title
            self.run = run
            self.outcome = outcome
        }

        /// Whether all was as it must be, or is not known because the fault needs what is not there.
        public var isGood: Bool {
            switch outcome {
            case .seen(let verdict, _): verdict.isGood
            case .notHeld: false
            case .skipped: true
            }
        }

        /// What is wrong, in words.
        var complaints: [String] {
            switch outcome {
            case .seen(let verdict, _): verdict.complaints
            case .notHeld(let reason): ["not held: \(reason)"]
            case .skipped: []
            }
        }
    }

    /// What no drill can do on a machine that others use, and where it is done instead.
    static let elsewhere = [
        (name: "clock-stepped", title: "clock stepped by ± 1 h", place: "in the simulation (Tests/Simulation)")
    ]

    public internal(set) var rows: [Row] = []

    /// Whether nothing was left unhealed, named wrongly, lost or needlessly restarted.
    public var isGood: Bool { self.rows.allSatisfy(\.isGood) }
}
