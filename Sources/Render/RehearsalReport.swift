/// What a rehearsal saw and what Render would have done, in the order of time.
public struct RehearsalReport: Encodable, Hashable, Sendable {
    public struct Event: Encodable, Hashable, Sendable {
        public enum Kind: String, Encodable, Sendable {
            case boot, port, check, live, rotation, restart, cancel, outage, back, memory, skip, stop, exit, kill
        }

        public let milliseconds: Int64
        public let kind: Kind
        /// Whether it was not waited for: it follows from the rules when nothing changes.
        public let isProjected: Bool
        public let text: String

        /// One line for a person.
        public var line: String {
            let tenths = self.milliseconds / 100
            let time = "\(tenths / 10).\(tenths % 10) s"
            let padding = String(repeating: " ", count: max(0, 9 - time.count))
            let word = self.kind.rawValue + String(repeating: " ", count: max(0, 8 - self.kind.rawValue.count))
            return "\(padding)\(time)  \(word)  \(self.isProjected ? "(not waited for) " : "")\(self.text)"
        }
    }

    public let service: String
    public let image: String
    public let plan: String
    public let healthCheckPath: String?
    public let shutdownSeconds: Int64
    /// Whether waits were cut short where the rules allow to tell the end without them.
    public let isCompressed: Bool
    /// What of the blueprint was not rehearsed.
    public internal(set) var notes: [String]
    public internal(set) var events: [Event] = []
    /// What would go wrong on Render; empty when nothing would.
    public internal(set) var problems: [String] = []

    public var isWell: Bool { self.problems.isEmpty }

    public var verdict: String {
        self.isWell
            ? "well: Render would deploy this, take it out of rotation when it can't serve, and stop it cleanly"
            : "not well: " + self.problems.joined(separator: "; ")
    }
}
