import Foundation
import Healing
import Testing

/// The core against a world that goes wrong in every way we know, in virtual time.
///
/// A failure names its seed: `SIM_SEED=42 swift test --filter Simulation` plays it again with the whole story;
/// `SIM_HOURS=1000 swift test --filter Simulation` goes on for a thousand simulated hours of further seeds.
@Suite("Simulation")
struct SimulationTests {
    static let environment = ProcessInfo.processInfo.environment

    static var seeds: [UInt64] {
        if let seed = environment["SIM_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        // A seed of each test is half an hour.
        return Array(0..<(environment["SIM_HOURS"].flatMap { UInt64($0) }.map { $0 * 2 } ?? 16))
    }

    @Test("never harms, whatever happens; and when it calms down, all that is wanted is well again", arguments: seeds)
    func storm(seed: UInt64) {
        var world = SimulatedWorld(seed: seed)
        world.run(seconds: 1_200)
        world.calmDown()
        world.run(seconds: 600)
        if world.judge.verdict == nil { world.checkAllWell() }
        world.expectNoFault(seed)
    }

    @Test("never stops trying and never bursts, as long as it is broken", arguments: seeds)
    func brokenForGood(seed: UInt64) {
        var world = SimulatedWorld(seed: seed)
        world.climate = .calm
        world.climate.eventTrouble = true
        world.climate.watchdogDies = seed.isMultiple(of: 2)
        let id = seed.isMultiple(of: 3) ? ServiceID("db") : ServiceID("app")
        world.run(seconds: 60)
        world.change(id) { service, random in
            service.nature = seed.isMultiple(of: 5) ? .crashes : .neverWell
            service.crashesAt = service.started
        }
        world.run(seconds: 1_740)
        if world.judge.verdict == nil { world.checkTries(id) }
        world.expectNoFault(seed)
    }
}

extension SimulatedWorld {
    /// Everything is mended and everybody goes home; what is frozen stays so until somebody restarts it.
    mutating func calmDown() {
        self.climate = .calm
        for id in self.ids { self.goHome(id) }
    }

    mutating func checkAllWell() {
        for summary in self.healing.summaries(at: Moment(.milliseconds(Int(self.seconds * 1_000)))) {
            guard let service = self.services[summary.id] else { continue }
            if service.stoppedByPerson != nil { continue }
            if self.isLeftAlone(summary.id) { continue }
            if !self.isWell(summary.id) {
                self.judge.fails("\(summary.id) is not well, but \(summary.verdict)")
            } else if self.isWell(ServiceID("db")), summary.incident != nil || summary.verdict != .well {
                self.judge.fails(
                    "\(summary.id) is well, and called \(summary.verdict), incident \(String(describing: summary.incident))"
                )
            }
        }
    }

    /// Nobody can know who stopped what was down already when the watchdog came.
    private func isLeftAlone(_ id: ServiceID) -> Bool {
        let now = Moment(.milliseconds(Int(self.seconds * 1_000)))
        let verdict = self.healing.summaries(at: now).first { $0.id == id }?.verdict
        let isStopped = verdict == .standDown(.foundStopped) || verdict == .standDown(.stopped)
        return isStopped && self.judge.downAtTakeOver.contains(id)
    }

    /// A minute of backoff, and what it takes to confirm, to restart, and to come back after it was killed itself.
    mutating func checkTries(_ id: ServiceID) {
        guard let service = self.services[id] else { return }
        let gap = self.judge.longestGap[id] ?? .max
        let confirm = service.isProbed ? 10_000 : service.startPeriod + 4 * 7_000
        let death = 20_000 + service.grace + 10_000
        if self.isLeftAlone(id) { return }
        if gap > 60_000 + confirm + service.grace + death {
            self.judge.fails("\(gap) ms between two attempts on \(id)")
        }
        if self.judge.actions < 12 { self.judge.fails("only \(self.judge.actions) attempts on \(id)") }
    }

    func expectNoFault(_ seed: UInt64) {
        guard let verdict = self.judge.verdict else { return }
        let count = SimulationTests.environment["SIM_SEED"] == nil ? 40 : 4_000
        let story = self.trace.suffix(count).joined(separator: "\n")
        Issue.record(
            "at \(self.seconds) s: \(verdict)\n\(story)\nAgain: SIM_SEED=\(seed) swift test --filter Simulation")
    }
}
