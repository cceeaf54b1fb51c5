import Foundation
import Simulator
import Testing

/// The core against a world that goes wrong in every way we know, in virtual time. A long run is `scripts/simulate.sh`.
@Suite("Simulation")
struct SimulationTests {
    /// One of them, with its whole story: `SIM_SEED=42`.
    static let seed = ProcessInfo.processInfo.environment["SIM_SEED"].flatMap { UInt64($0) }

    static func seeds(_ count: UInt64) -> [UInt64] { self.seed.map { [$0] } ?? Array(0..<count) }

    @Test("never harms, whatever happens; and when it calms down, all that is wanted is well", arguments: seeds(4))
    func storm(seed: UInt64) { self.expectNoFault(.storm, seed) }

    @Test("never stops trying and never bursts, as long as it is broken", arguments: seeds(6))
    func brokenForGood(seed: UInt64) { self.expectNoFault(.broken, seed) }

    @Test("loses nothing in a month in which trouble comes every third day", arguments: seeds(1))
    func month(seed: UInt64) { self.expectNoFault(.month, seed) }

    @Test("tells the same story for the same seed", arguments: Scenario.allCases)
    func isRepeatable(scenario: Scenario) {
        let (one, other) = (scenario.play(seed: 7, isTold: true), scenario.play(seed: 7))
        #expect(one.seconds == other.seconds && one.actions == other.actions && one.fault == other.fault)
        #expect(!one.story.isEmpty && other.story.isEmpty)
    }

    private func expectNoFault(_ scenario: Scenario, _ seed: UInt64) {
        guard let fault = scenario.play(seed: seed).fault else { return }
        let story = scenario.play(seed: seed, isTold: true).story.suffix(Self.seed == nil ? 40 : 10_000)
        Issue.record(
            "\(fault)\n\(story.joined(separator: "\n"))\nAgain: scripts/simulate.sh --scenario \(scenario.rawValue) --seed \(seed)"
        )
    }
}
