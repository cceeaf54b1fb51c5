import Testing

@testable import Render

@Suite("An instance by Render's rules")
struct RenderInstanceTests {
    /// A conversation: each event with its time in seconds, and what Render does then.
    struct Talk {
        var instance = RenderInstance(shutdownDelay: .seconds(30))

        mutating func on(
            _ event: RenderInstance.Event, _ seconds: Double, _ expected: [(RenderInstance.Action, Double)] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let steps = self.instance.handle(event, at: .milliseconds(Int64(seconds * 1_000)))
            let wanted = expected.map {
                RenderInstance.Step(action: $0.0, at: .milliseconds(Int64($0.1 * 1_000)))
            }
            #expect(steps == wanted, sourceLocation: sourceLocation)
        }
    }

    @Test("gets traffic with the first check that passes, and keeps it while failures are shorter than 15 s")
    func live() {
        var talk = Talk()
        talk.on(.failed, 1)
        talk.on(.passed, 3, [(.routeTraffic, 3)])
        talk.on(.failed, 10)
        talk.on(.failed, 24.9)
        talk.on(.passed, 24.95)
        talk.on(.failed, 30)
        talk.on(.failed, 44.9)
        #expect(talk.instance.phase == .live)
    }

    @Test("leaves the rotation after 15 s of failing, is restarted after 60 s, and again 60 s later")
    func failing() {
        var talk = Talk()
        talk.on(.passed, 1, [(.routeTraffic, 1)])
        talk.on(.failed, 10)
        talk.on(.failed, 25, [(.stopRouting, 25)])
        talk.on(.failed, 69.9)
        talk.on(.failed, 71, [(.restart, 70)])
        talk.on(.failed, 129)
        talk.on(.failed, 130, [(.restart, 130)])
        talk.on(.passed, 131, [(.routeTraffic, 131)])
        talk.on(.failed, 140)
        #expect(talk.instance.due == .seconds(155))
    }

    @Test("comes back into the rotation with the first check that passes")
    func recovered() {
        var talk = Talk()
        talk.on(.passed, 1, [(.routeTraffic, 1)])
        talk.on(.failed, 2)
        talk.on(.failed, 20, [(.stopRouting, 17)])
        talk.on(.passed, 21, [(.routeTraffic, 21)])
        #expect(talk.instance.phase == .live && talk.instance.failingSince == nil)
    }

    @Test("what became due while nobody looked is done in its order and at its time")
    func late() {
        var talk = Talk()
        talk.on(.passed, 1, [(.routeTraffic, 1)])
        talk.on(.failed, 10)
        talk.on(.timePassed, 131, [(.stopRouting, 25), (.restart, 70), (.restart, 130)])
    }

    @Test("a deploy that never passes is cancelled at 15 minutes, and nothing revives it")
    func cancelled() {
        var talk = Talk()
        talk.on(.failed, 5)
        talk.on(.failed, 899)
        talk.on(.failed, 901, [(.cancelDeploy, 900)])
        talk.on(.passed, 902)
        talk.on(.replaced, 903)
        #expect(talk.instance.phase == .cancelled && talk.instance.due == nil)
    }

    @Test("a deploy that ends by itself is started again, one that served leaves the rotation first")
    func exits() {
        var talk = Talk()
        talk.on(.exited, 2, [(.restart, 2)])
        talk.on(.passed, 4, [(.routeTraffic, 4)])
        talk.on(.exited, 9, [(.stopRouting, 9), (.restart, 9)])
        talk.on(.passed, 10, [(.routeTraffic, 10)])
    }

    @Test("gets SIGTERM when it is replaced, and SIGKILL only when the shutdown delay is over")
    func stops() {
        var clean = Talk()
        clean.on(.passed, 1, [(.routeTraffic, 1)])
        clean.on(.replaced, 61, [(.terminate, 61)])
        clean.on(.failed, 62)
        clean.on(.exited, 90.9)
        #expect(clean.instance.phase == .stopped && clean.instance.due == nil)

        var stubborn = Talk()
        stubborn.on(.passed, 1, [(.routeTraffic, 1)])
        stubborn.on(.replaced, 61, [(.terminate, 61)])
        stubborn.on(.timePassed, 90.9)
        stubborn.on(.timePassed, 91, [(.kill, 91)])
        stubborn.on(.exited, 91.1)
    }

    @Test(
        "2xx and 3xx are well, everything else is not",
        arguments: [
            (200, true), (204, true), (302, true), (399, true),
            (199, false), (400, false), (404, false), (429, false), (503, false),
        ])
    func statuses(status: Int, isWell: Bool) { #expect(RenderRules.isWell(status: status) == isWell) }
}
