import Docker

/// Decides whether what answers `/health` is what was built. A value: no clock, no I/O.
struct VersionJudge {
    enum Verdict: Hashable {
        /// With a remark for a person.
        case passed(String)
        case failed(String)
    }

    /// The name of the container.
    let name: String
    /// The commit that was to be built; empty where nobody said.
    let wanted: String

    /// - Parameters:
    ///   - inside: what `/health` said inside the container.
    ///   - outside: what it said through the published port, and its URL; nil where that is not to be compared.
    func judge(inside: ProbeOutcome, outside: (url: String, outcome: ProbeOutcome)? = nil) -> Verdict {
        guard case .answered = inside else {
            let fault = "/health of \(self.name): \(inside.words)"
            guard self.wanted.isEmpty else {
                return .failed("\(fault), so it can't be told whether it is commit \(self.wanted)")
            }
            return .passed("\(fault), so no version was compared")
        }
        let version = Version(inside)
        if let (url, outcome) = outside {
            guard case .answered = outcome else { return .failed("\(url): \(outcome.words)") }
            guard Version(outcome) == version else {
                return .failed(
                    "\(url) is answered by \(Version(outcome)), and \(self.name) is \(version): "
                        + "something else has its port")
            }
        }
        guard version.isKnown else {
            return .passed("/health of \(self.name) says no version, so none was compared")
        }
        guard !self.wanted.isEmpty else { return .passed("it is \(version); nobody said which commit it should be") }
        guard version.commit == self.wanted else {
            return .failed(
                "\(self.name) is \(version), and commit \(self.wanted) was to be built "
                    + "(is COMMIT passed to the build?)")
        }
        return .passed("it is \(version), as built")
    }
}
