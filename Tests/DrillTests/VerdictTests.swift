import Testing

@testable import Drill

@Suite("a verdict")
struct VerdictTests {
    private func seen(_ edit: (inout Observation) -> Void = { _ in }) -> Observation {
        var seen = Observation()
        seen.requests = [
            .init(began: .seconds(-1), ended: .seconds(-1), isGood: true),
            .init(began: .seconds(1), ended: .seconds(2), isGood: false),
            .init(began: .seconds(3), ended: .seconds(4), isGood: false),
            .init(began: .milliseconds(5_000), ended: .milliseconds(5_010), isGood: true),
        ]
        seen.lines = [
            Self.line(3, "app", "detected", ["incident": "1", "cause": "frozen"]),
            Self.line(3, "app", "action", ["incident": "1", "action": "restart"]),
            Self.line(5, "app", "recovered", ["incident": "1"]),
            Self.line(7, "app", "healed", ["incident": "1"]),
        ]
        seen.starts = [.init(at: .seconds(4), role: "app")]
        seen.loss = .init(acknowledged: 100, lost: 0, duplicated: 0, faults: [])
        seen.ended = .seconds(8)
        seen.isWellAtEnd = true
        edit(&seen)
        return seen
    }

    private static func line(
        _ second: Int, _ role: String?, _ event: String, _ fields: [String: String] = [:]
    ) -> Observation.Line {
        .init(at: .seconds(second), role: role, event: event, fields: fields)
    }

    private let frozen = Expectation.healed("app", ["frozen"])

    @Test("is good when the true cause was named, healed by what is allowed, and nothing lost")
    func good() {
        let verdict = Verdict(self.seen(), against: self.frozen)
        #expect(verdict.isGood, "\(verdict.complaints)")
        #expect(verdict.detected == .seconds(3))
        #expect(verdict.named == ["app frozen"] && verdict.isNamedRightly)
        #expect(verdict.actions == ["restart app"])
        #expect(verdict.servingAgain == .milliseconds(5_010))
        #expect(verdict.failed == 2 && verdict.asked == 3 && verdict.lost == 0 && verdict.wrongfulRestarts == 0)
    }

    @Test("tells a cause that is not true, also beside the true one")
    func wrongCause() {
        for extra in [
            Self.line(2, "app", "detected", ["cause": "exited"]), Self.line(2, "db", "detected", ["cause": "frozen"]),
        ] {
            let verdict = Verdict(self.seen { $0.lines.insert(extra, at: 0) }, against: self.frozen)
            #expect(!verdict.isGood && !verdict.isNamedRightly)
        }
    }

    @Test("takes what was named before anything was broken for false")
    func early() {
        let verdict = Verdict(
            self.seen { $0.lines.insert(Self.line(-1, "app", "detected", ["cause": "frozen"]), at: 0) },
            against: self.frozen)
        #expect(!verdict.isNamedRightly && verdict.detected == .seconds(3))
    }

    @Test("tells that nothing was detected where something had to be")
    func notDetected() {
        let verdict = Verdict(self.seen { $0.lines = [] }, against: self.frozen)
        #expect(verdict.complaints == ["not detected"] && verdict.detected == nil && !verdict.isNamedRightly)
    }

    @Test("counts a restart more than is allowed, whoever made it, and an action that restarted nothing")
    func wrongful() {
        let twice = Verdict(
            self.seen { $0.starts.append(.init(at: .seconds(6), role: "app")) }, against: self.frozen)
        #expect(twice.wrongfulRestarts == 1 && !twice.isGood)
        let other = Verdict(self.seen { $0.starts.append(.init(at: .seconds(6), role: "db")) }, against: self.frozen)
        #expect(other.wrongfulRestarts == 1)
        let action = Verdict(self.seen { $0.lines.append(Self.line(6, "db", "action")) }, against: self.frozen)
        #expect(action.wrongfulRestarts == 1)
        let leftAlone = Verdict(self.seen(), against: .leftAlone(naming: ["app": ["frozen"]]))
        #expect(leftAlone.wrongfulRestarts == 1, "an action and the start that it made are one restart")
    }

    @Test("has no limit of starts for a container that can't stay up, but of actions")
    func unlimitedStarts() {
        let wanted = Expectation(
            culprit: "app", causes: ["app": ["frozen"]], starts: ["app": nil], actions: ["app": 1])
        let many = self.seen { seen in
            seen.starts = (1...9).map { .init(at: .seconds($0), role: "app") }
        }
        #expect(Verdict(many, against: wanted).isGood)
        let acting = self.seen { $0.lines.append(Self.line(6, "app", "action")) }
        #expect(Verdict(acting, against: wanted).wrongfulRestarts == 1)
    }

    @Test("is not good while an incident is open, clients are not served or a container is not well")
    func notHealed() {
        let edits: [(inout Observation) -> Void] = [
            { $0.lines.removeAll { $0.event == "healed" } }, { $0.requests.removeLast() }, { $0.isWellAtEnd = false },
            { $0.lines.append(Self.line(6, nil, "engine_lost")) },
        ]
        for edit in edits {
            let verdict = Verdict(self.seen(edit), against: self.frozen)
            #expect(verdict.complaints.contains { $0.hasPrefix("not healed") }, "\(verdict.complaints)")
        }
    }

    @Test("tells moves that were lost or made twice, and players of whom nothing is known")
    func lost() {
        let losses: [(Observation.Loss, String)] = [
            (.init(acknowledged: 9, lost: 1, duplicated: 0, faults: []), "1 acknowledged moves lost, 0 made twice"),
            (.init(acknowledged: 9, lost: 0, duplicated: 1, faults: []), "0 acknowledged moves lost, 1 made twice"),
            (.init(acknowledged: 9, lost: 0, duplicated: 0, faults: ["x"]), "players: x"),
            (
                .init(acknowledged: 0, lost: 0, duplicated: 0, faults: []),
                "players: no move was acknowledged, so nothing is known of losses"
            ),
        ]
        for (loss, complaint) in losses {
            #expect(Verdict(self.seen { $0.loss = loss }, against: self.frozen).complaints == [complaint])
        }
        #expect(Verdict(self.seen { $0.loss = nil }, against: self.frozen).isGood, "nobody played")
    }

    @Test("of a service that never stopped serving says so")
    func neverStopped() {
        let verdict = Verdict(self.seen { $0.requests.removeAll { !$0.isGood } }, against: self.frozen)
        #expect(verdict.servingAgain == .zero && verdict.failed == 0)
    }
}
