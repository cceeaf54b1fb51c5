import Docker
import Testing

@testable import Redeploy

struct JudgeTests {
    private func container(
        _ state: ContainerState = .running, health: ContainerHealth.Status? = nil, restarts: Int = 0, exitCode: Int = 0,
        policy: String = "always", started: Int64 = 1
    ) -> ContainerDetails {
        ContainerDetails(
            id: "c", name: "p-app-1", state: state, exitCode: exitCode,
            startedAt: EngineTime(text: String(started), nanosecondsSince1970: started), restartCount: restarts,
            health: health.map { ContainerHealth(status: $0, failingStreak: 0, checks: []) },
            restartPolicy: .init(name: policy, maximumRetries: 0))
    }

    private let well = ProbeOutcome.answered(status: 200, body: "")

    @Test("the gate opens for so many good probes in a row and Docker's health, and for neither alone")
    func gateOpens() {
        var judge = GateJudge(.init(probes: 3))
        for probe in [self.well, self.well, .refused, self.well, self.well] {
            #expect(judge.look(self.container(health: .healthy), probe: probe, runTime: .zero) == .wait)
        }
        #expect(judge.look(self.container(health: .starting), probe: self.well, runTime: .zero) == .wait)
        #expect(judge.look(self.container(health: .healthy), probe: self.well, runTime: .zero) == .passed)
    }

    @Test("the gate shuts at once for an exit, a restart, a lack of memory, and for unhealthy")
    func gateShuts() {
        func verdict(_ container: ContainerDetails) -> GateJudge.Verdict {
            var judge = GateJudge(.init(probes: 1))
            _ = judge.look(self.container(), probe: nil, runTime: .zero)
            return judge.look(container, probe: self.well, runTime: .zero)
        }
        #expect(verdict(self.container(.exited, exitCode: 7)) == .failed("it ended with exit code 7"))
        #expect(verdict(self.container(restarts: 1)) != .passed)
        #expect(verdict(self.container(health: .unhealthy)) == .failed("Docker calls it unhealthy"))
        var starved = self.container()
        starved.isOOMKilled = true
        #expect(verdict(starved) == .failed("it ran out of memory"))
    }

    @Test("a one-shot service that ended with 0 is through; without a check it must run for a while")
    func gateWithoutChecks() {
        var judge = GateJudge(.init())
        #expect(judge.look(self.container(.exited, policy: "no"), probe: nil, runTime: .zero) == .passed)
        #expect(judge.look(self.container(), probe: nil, runTime: .seconds(2)) == .wait)
        #expect(judge.look(self.container(), probe: nil, runTime: .seconds(3)) == .passed)
    }

    @Test("probation ends for a restart, for unhealthy, for three failures in a row, and for one in ten")
    func probation() {
        var judge = ProbationJudge()
        #expect(judge.look(self.container()) == nil)
        #expect(judge.look(self.container(started: 2)) != nil)
        #expect(judge.look(self.container(health: .unhealthy)) != nil)
        var row = ProbationJudge()
        #expect(row.hear(.refused) == nil && row.hear(.timedOut) == nil && row.hear(.refused) != nil)
        var share = ProbationJudge()
        let faults = (0..<40).compactMap { share.hear($0 % 5 == 0 ? .timedOut : self.well) }
        #expect(faults.first?.contains("probes failed") == true)
        var calm = ProbationJudge()
        #expect((0..<100).allSatisfy { calm.hear($0 % 20 == 0 ? .timedOut : self.well) == nil })
    }
}
