import FoundationEssentials
import Healing
import Support

/// What a command asks of the running watchdog: one line of JSON.
public struct ControlRequest: Codable, Hashable, Sendable {
    public enum Command: String, Codable, Sendable { case pause, resume, heal }

    public let command: Command
    /// Nil for the whole project.
    public let service: String?
    /// How long a pause lasts, in seconds; 1 to ``pauseMax``.
    public let seconds: Int?
    /// Why, in the operator's words.
    public let reason: String?

    /// A pause always ends: one that nobody ends would be an outage that nobody sees. A week.
    public static let pauseMax = 7 * 86_400
    /// Where nobody says how long: an hour.
    public static let pauseStandard = 3_600

    public init(_ command: Command, service: String?, seconds: Int? = nil, reason: String? = nil) {
        self.command = command
        self.service = service
        self.seconds = seconds
        self.reason = reason
    }

    /// As the core understands it; nil where something is missing or out of bounds.
    var wish: OperatorWish? {
        switch self.command {
        case .pause:
            guard let seconds, (1...ControlRequest.pauseMax).contains(seconds) else { return nil }
            return .pause(
                service: self.service, for: .seconds(seconds), reason: String((self.reason ?? "").prefix(200)).printable
            )
        case .resume: return .resume(service: self.service)
        case .heal: return self.service.map { .heal(service: $0) }
        }
    }
}

/// What the watchdog says to it: any number of lines without an outcome, and one with.
public struct ControlReply: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Sendable {
        /// It was done, and proved where it can be.
        case done
        /// Nothing was done; the text says why and what to do.
        case refused
        /// The watchdog does not look after that service; the text names those it does.
        case notWatched
        /// It was begun and is not proved.
        case unproven
    }

    /// Nil while it goes on.
    public let outcome: Outcome?
    public let text: String

    public init(_ outcome: Outcome?, _ text: String) {
        self.outcome = outcome
        self.text = text
    }
}

extension Encodable {
    /// As one line of JSON.
    var controlLine: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, numbers and names of ours can always be encoded.
        return ((try? encoder.encode(self)).map { Array($0) } ?? []) + [0x0A]
    }
}
