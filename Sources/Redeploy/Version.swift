import Docker
import FoundationEssentials

/// What a service says it is.
struct Version: Hashable, CustomStringConvertible {
    var version: String?
    var commit: String?

    var isKnown: Bool { self.version != nil || self.commit != nil }

    var description: String {
        self.isKnown ? "version \(self.version ?? "?"), commit \(self.commit ?? "?")" : "an unknown version"
    }

    init(_ outcome: ProbeOutcome) {
        struct Wire: Decodable {
            let version: String?
            let commit: String?
        }
        guard case .answered(_, let body) = outcome,
            let wire = try? JSONDecoder().decode(Wire.self, from: Data(body.utf8))
        else { return }
        self.version = wire.version
        self.commit = wire.commit
    }

    /// Whether asking again is of no use: a server that is not ready, or a proxy that finds none, says nothing of itself.
    static func isSaid(in outcome: ProbeOutcome) -> Bool {
        guard case .answered(let status, _) = outcome else { return false }
        return status < 500 || Version(outcome).isKnown
    }

    /// Whether it is this version that answered. An unknown one is told by a good answer alone: silence is none.
    func isReached(in outcome: ProbeOutcome) -> Bool {
        guard case .answered(let status, _) = outcome else { return false }
        return self.isKnown ? Version(outcome) == self : status < 400
    }
}
