import Healing
import Testing

@testable import Watchdog

@Suite("What has started, or was bad")
struct SettlingTests {
    private static let app = ServiceID("app")
    private static let start = Moment(.seconds(1_000))

    @Test("is unsettled for five minutes, from the later of both on")
    func time() {
        var settling = Settling()
        #expect(!settling.isUnsettled(Self.app, at: Self.start, among: 1))
        settling.note(Self.app, at: Self.start)
        #expect(settling.isUnsettled(Self.app, at: Self.start + .seconds(299), among: 1))
        #expect(!settling.isUnsettled(Self.app, at: Self.start + .seconds(300), among: 1))
        settling.note(Self.app, at: Self.start + .seconds(200))
        settling.note(Self.app, at: Self.start + .seconds(100))
        #expect(settling.isUnsettled(Self.app, at: Self.start + .seconds(499), among: 1))
        #expect(!settling.isUnsettled(Self.app, at: Self.start + .seconds(500), among: 1))
        #expect(!settling.isUnsettled(ServiceID("app", replica: 2), at: Self.start + .seconds(300), among: 1))
    }

    @Test("is settled when it is gone, and where there are very many")
    func limits() {
        var settling = Settling()
        settling.note(Self.app, at: Self.start)
        #expect(settling.isUnsettled(Self.app, at: Self.start, among: Settling.most))
        #expect(!settling.isUnsettled(Self.app, at: Self.start, among: Settling.most + 1))
        settling.forget(Self.app)
        #expect(!settling.isUnsettled(Self.app, at: Self.start, among: 1))
    }
}
