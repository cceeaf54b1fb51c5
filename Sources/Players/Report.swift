import Support

/// What a run has come to.
struct Report: Hashable, Sendable {
    /// `GET /health`, asked all the time.
    struct Health: Hashable, Sendable {
        let asked: Int
        let failed: Int
        /// The longest time without a good answer.
        let longestPause: Duration
    }

    /// Acknowledged commands, and in what time.
    struct Speed: Hashable, Sendable {
        let acknowledged: Int
        let time: Duration

        var perSecond: Double {
            let seconds = self.time / .seconds(1)
            return seconds > 0 ? Double(self.acknowledged) / seconds : 0
        }
    }

    let players: Int
    let played: Speed
    /// Without the end of a run, when few still play.
    let atFullSpeed: Speed
    let gamesBegun: Int
    let gamesOver: Int
    let audit: Audit
    let connectionsLost: Int
    /// From the loss of the server to the next acknowledged command: of each player, and of the first of all.
    let ofPlayers: [Duration]
    let ofAll: [Duration]
    /// The longest time in which no command of anybody was acknowledged.
    let longestPause: Duration
    let health: Health?
    /// All that should not have been, in words.
    let faults: [String]

    /// Faults that are told; the others are likely to be of the same kind.
    private static let faultsTold = 20

    /// Nothing acknowledged was lost or done twice, and every game was played to its legal end.
    var isWell: Bool { self.faults.isEmpty && self.gamesOver == self.gamesBegun && self.gamesOver > 0 }

    var text: String {
        var lines = [
            "\(self.players) players, \(Self.seconds(self.played.time)) s: \(self.played.acknowledged) commands acknowledged,"
                + " \(Int(self.atFullSpeed.perSecond)) a second; \(self.gamesOver) of \(self.gamesBegun) games over",
            "lost \(self.audit.lost), carried out twice \(self.audit.duplicated),"
                + " games against the rules \(self.audit.illegal)",
            "connections lost \(self.connectionsLost); until the next acknowledged command:"
                + " each player \(Self.words(self.ofPlayers)), the first \(Self.words(self.ofAll))",
            "longest time without an acknowledged command \(Self.seconds(self.longestPause)) s",
        ]
        if let health {
            lines.append(
                "/health: \(health.asked) asked, \(health.failed) failed,"
                    + " longest time without a good answer \(Self.seconds(health.longestPause)) s")
        }
        lines += self.faults.prefix(Self.faultsTold).map { "fault: \($0)" }
        if self.faults.count > Self.faultsTold {
            lines.append("and \(self.faults.count - Self.faultsTold) more faults")
        }
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("ok", .bool(self.isWell)), .init("players", .integer(self.players)),
            .init("seconds", .number(self.played.time / .seconds(1))),
            .init("acknowledged", .integer(self.played.acknowledged)),
            .init("perSecond", .number(self.atFullSpeed.perSecond)), .init("gamesBegun", .integer(self.gamesBegun)),
            .init("gamesOver", .integer(self.gamesOver)), .init("lost", .integer(self.audit.lost)),
            .init("duplicated", .integer(self.audit.duplicated)), .init("illegalGames", .integer(self.audit.illegal)),
            .init("connectionsLost", .integer(self.connectionsLost)),
            .init("outagesOfPlayers", Self.figures(self.ofPlayers)), .init("outages", Self.figures(self.ofAll)),
            .init("longestPauseMs", Self.milliseconds(self.longestPause)),
        ]
        if let health {
            members.append(
                .init(
                    "health",
                    [
                        "asked": .integer(health.asked), "failed": .integer(health.failed),
                        "longestPauseMs": Self.milliseconds(health.longestPause),
                    ]))
        }
        members.append(.init("faults", .array(self.faults.prefix(Self.faultsTold).map { .string($0) })))
        return .object(members)
    }

    /// The upper median and the worst.
    private static func middleAndWorst(_ times: [Duration]) -> (middle: Duration, worst: Duration)? {
        let sorted = times.sorted()
        return sorted.last.map { (sorted[sorted.count / 2], $0) }
    }

    private static func words(_ times: [Duration]) -> String {
        guard let (middle, worst) = Self.middleAndWorst(times) else { return "-" }
        return "\(times.count) times, median \(Self.seconds(middle)) s, worst \(Self.seconds(worst)) s"
    }

    private static func figures(_ times: [Duration]) -> JSONValue {
        guard let (middle, worst) = Self.middleAndWorst(times) else { return ["count": 0] }
        return [
            "count": .integer(times.count), "medianMs": Self.milliseconds(middle), "worstMs": Self.milliseconds(worst),
        ]
    }

    private static func milliseconds(_ time: Duration) -> JSONValue { .integer(Int(time / .milliseconds(1))) }

    /// With three digits behind the point.
    private static func seconds(_ time: Duration) -> String {
        let thousandths = Int(time / .milliseconds(1))
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
