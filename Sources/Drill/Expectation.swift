/// What must come of a fault.
///
/// A role is a service's part in the project: ``app`` serves, ``database`` is what it depends on, ``engine`` stands for
/// what the journal says of Docker itself.
struct Expectation: Hashable, Sendable {
    static let app = "app"
    static let database = "database"
    static let engine = "engine"

    /// Who must be found bad first of all; nil where nothing may be done, as there is nothing that a restart would mend.
    var culprit: String?
    /// The causes that are true, by role. Where the culprit is named nothing else may be; a role that is missing must not
    /// be found bad at all.
    var causes: [String: Set<String>]
    /// How often each role's containers may be started until all is well: by whom does not matter, a needless restart is
    /// one whoever makes it. A role that is missing must keep running; nil is no limit, where a container can't stay up
    /// whatever is done.
    var starts: [String: Int?]
    /// How many actions of the watchdog each role may need; a role that is missing must be left alone.
    var actions: [String: Int]

    /// Healed by the watchdog's own action.
    static func healed(
        _ role: String, _ causes: Set<String>, others: [String: Set<String>] = [:], actions: Int = 1
    ) -> Expectation {
        Expectation(
            culprit: role, causes: others.merging([role: causes]) { $1 }, starts: [role: actions],
            actions: [role: actions])
    }

    /// Brought back by the engine's restart policy; the watchdog names it, and keeps its hands off.
    static func broughtBack(
        _ role: String, _ causes: Set<String>, others: [String: Set<String>] = [:]
    ) -> Expectation {
        Expectation(culprit: role, causes: others.merging([role: causes]) { $1 }, starts: [role: 1], actions: [:])
    }

    /// Nothing may be done. What is named, if anything, must be among `causes`.
    static func leftAlone(naming causes: [String: Set<String>] = [:]) -> Expectation {
        Expectation(culprit: nil, causes: causes, starts: [:], actions: [:])
    }
}
