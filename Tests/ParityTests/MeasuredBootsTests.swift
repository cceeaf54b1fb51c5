import Testing

@testable import Parity

@Suite("Measured boots")
struct MeasuredBootsTests {
    private func longest(_ lines: [String]) -> Duration? {
        var boots = MeasuredBoots()
        for line in lines { boots.take(line[...]) }
        return boots.longest["app"]
    }

    private static let action = "time=2026-01-01T00:00:00.000Z service=app event=action_succeeded"
    private static let recovered = "time=2026-01-01T00:00:07.500Z service=app event=recovered"

    @Test("a boot is the time from the restart to the first good probe")
    func boot() { #expect(self.longest([Self.action, Self.recovered]) == .milliseconds(7_500)) }

    @Test("who waited for a dependency did not boot for that long")
    func dependency() {
        let detected = "time=2026-01-01T00:00:00.000Z service=app event=detected cause=dependency"
        #expect(self.longest([detected, Self.action, Self.recovered]) == nil)
    }

    @Test("torn lines, and a recovery without a restart, are no boots")
    func torn() { #expect(self.longest(["time=2026-01-", Self.recovered, "\u{0}"]) == nil) }
}
