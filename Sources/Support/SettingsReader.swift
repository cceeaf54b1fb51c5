/// Reads settings from an environment and collects everything that is wrong with them, so that a person mends a
/// malformed environment in one go and not name by name.
///
/// A fault names the variable and the rule it breaks, never the value: most of what is malformed is a secret in the
/// wrong place. An empty value counts as missing, because Compose passes unset variables on as empty ones.
public struct SettingsReader {
    /// One setting that is missing or malformed.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The name of the variable.
        public let name: String
        /// What is wrong with it, to be read behind the name: "is missing", "is not a number from 1 to 65535".
        public let problem: String

        public init(name: String, problem: String) {
            self.name = name
            self.problem = problem
        }

        public var description: String { "\(self.name) \(self.problem)" }
    }

    /// Everything that was wrong so far, in the order of reading.
    public private(set) var faults: [Fault] = []

    private let environment: [String: String]

    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The value as it stands; nil when it is missing or empty.
    public func optional(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value; a fault and the empty string when it is missing.
    public mutating func required(_ name: String) -> String {
        if let value = self.optional(name) { return value }
        self.refuse(name, "is missing")
        return ""
    }

    /// The value as a whole number in `range`; `standard` when it is missing, a fault when it is anything else.
    public mutating func number(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        guard let value = self.optional(name) else { return standard }
        guard let number = Int(value), range.contains(number) else {
            self.refuse(name, "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return number
    }

    /// Records that the value of `name` breaks a rule only the caller knows.
    public mutating func refuse(_ name: String, _ problem: String) {
        self.faults.append(Fault(name: name, problem: problem))
    }
}
