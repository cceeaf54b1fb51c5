import Docker
import Testing

@testable import Redeploy

struct VersionTests {
    private func says(_ commit: String, _ status: Int = 200) -> ProbeOutcome {
        .answered(status: status, body: #"{"version":"1","commit":"\#(commit)"}"#)
    }

    private let silent: [ProbeOutcome] = [.refused, .timedOut, .broken("reset"), .unavailable("no exec")]
    private let nameless = ProbeOutcome.answered(status: 404, body: "not found")

    private func passes(
        _ inside: ProbeOutcome, outside: ProbeOutcome? = nil, wanted: String = "c2"
    ) -> Bool {
        let judge = VersionJudge(name: "p-app-1", wanted: wanted)
        if case .passed = judge.judge(inside: inside, outside: outside.map { ("http://here/", $0) }) { return true }
        return false
    }

    @Test("what was built passes, another commit does not, and where nobody says which one none is compared")
    func commit() {
        #expect(self.passes(self.says("c2")) && !self.passes(self.says("c1")))
        #expect(self.passes(self.says("c1"), wanted: ""))
        #expect(self.passes(self.nameless), "what says no version can't be compared")
    }

    @Test("silence is no version: with a commit given it fails, and only without one it is passed over")
    func silence() {
        for outcome in self.silent {
            #expect(!self.passes(outcome) && self.passes(outcome, wanted: ""), "\(outcome)")
            #expect(!self.passes(self.nameless, outside: outcome, wanted: ""), "\(outcome)")
        }
    }

    @Test("what answers outside must be what answers inside")
    func outside() {
        #expect(self.passes(self.says("c2"), outside: self.says("c2")))
        #expect(!self.passes(self.says("c2"), outside: self.says("c1")))
        #expect(!self.passes(self.says("c2"), outside: self.nameless))
    }

    @Test("it is asked again until somebody speaks for himself")
    func isSaid() {
        #expect(self.silent.allSatisfy { !Version.isSaid(in: $0) })
        #expect(!Version.isSaid(in: .answered(status: 503, body: "no server is up")))
        #expect(Version.isSaid(in: self.says("c1", 503)) && Version.isSaid(in: self.nameless))
    }

    @Test("a version is reached when it answers itself; an unknown one only by a good answer")
    func isReached() {
        let (known, unknown) = (Version(self.says("c2")), Version(self.nameless))
        #expect(known.isReached(in: self.says("c2")) && !known.isReached(in: self.says("c1")))
        #expect(unknown.isReached(in: .answered(status: 200, body: "hello")))
        #expect(!unknown.isReached(in: .answered(status: 503, body: "")))
        for outcome in self.silent {
            #expect(!known.isReached(in: outcome) && !unknown.isReached(in: outcome), "\(outcome)")
        }
    }
}
