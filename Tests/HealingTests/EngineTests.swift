import Healing
import Testing

@Suite("The engine goes and comes")
struct EngineTests {
    @Test("while it is lost nothing is done; when it is back, what is still bad is healed")
    func blind() {
        var talk = Conversation.healthyApp()
        talk.say(.engineLost("no answer"))
        talk.say(.engineLost("no answer"))
        talk.probes(.timedOut, for: 600)
        #expect(talk.heard() == ["engine_lost"])
        #expect(talk.healing.nextTick == nil)
        talk.look()
        talk.say(.engineBack)
        talk.say(.engineBack)
        #expect(talk.heard() == ["engine_back", "app detected unresponsive", "app restart 10s, attempt 1"])
    }

    /// The daemon shuts down: it stops every container as a person would, then it is gone.
    func shutDown(_ talk: inout Conversation) {
        for id in talk.containers.keys {
            talk.isStopped(id)
        }
        talk.wait(3)
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
    }

    @Test("what a daemon stopped when it shut down is started again, where it does not do so itself")
    func shutdown() {
        var talk = Conversation.healthyAppAndDB()
        self.shutDown(&talk)
        talk.look("db")
        talk.beginsRun()
        talk.look()
        _ = talk.heard()
        talk.say(.engineBack)
        #expect(talk.heard() == ["engine_back", "db detected exited", "db start, attempt 1"])
        talk.succeeds(Conversation.db)
        talk.docker(.healthy, .passed, Conversation.db)
        talk.probes(.passed, for: 10)
        talk.docker(.healthy, .passed, Conversation.db)
        #expect(talk.heard() == ["db action_succeeded", "db recovered", "db healed"])
    }

    @Test("a signal of the shutdown that is told twice is the daemon's all the same", arguments: [0, 1.5])
    func signalToldTwice(later: Double) {
        var talk = Conversation.healthyAppAndDB()
        for id in talk.containers.keys {
            let asked = talk.now
            talk.killed(id)
            talk.wait(0.5)
            talk.died(id)
            talk.exits(id, code: 0)
            talk.wait(later)
            // A clock that was set back makes another time of it.
            talk.hears(.kill, of: id, stoppedAt: asked + .milliseconds(Int64(later * 1_000)))
        }
        self.isGoneAndBack(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    /// How the news of a stop comes that took its whole time; each with the seconds since it began.
    static let slowStops: [[(News, at: Double)]] = [
        [(.kill, at: 0), (.die, at: 20)],
        // The engine kills when the grace is over.
        [(.kill, at: 0), (.kill, at: 20), (.die, at: 20)],
        [(.kill, at: 0), (.kill, at: 20), (.kill, at: 20.1), (.die, at: 20.1)],
        [(.kill, at: 0), (.die, at: 20), (.kill, at: 20)],
        [(.kill, at: 0), (.die, at: 20), (.kill, at: 20.1)],
        [(.kill, at: 20), (.kill, at: 0), (.die, at: 20)],
        [(.kill, at: 0), (.look, at: 20), (.die, at: 20)],
        [(.kill, at: 0), (.look, at: 20), (.die, at: 20), (.kill, at: 0)],
        [(.kill, at: 0), (.die, at: 20), (.kill, at: 20.1), (.look, at: 20.2), (.stop, at: 20.2)],
    ]

    @Test("who took its time to end when the daemon shut down was not stopped by a person", arguments: slowStops)
    func slowShutdown(stop: [(News, at: Double)]) {
        var talk = Conversation(["db": [], "cache": []])
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        let (cache, asked) = (ServiceID("cache"), talk.now)
        talk.isStopped(cache)
        for (news, second) in stop {
            let time = asked + .milliseconds(Int64(second * 1_000))
            if time > talk.now { talk.wait(second - (talk.now - asked) / .seconds(1)) }
            if second > 0 { talk.silently(Conversation.db) { $0.state = .exited } }
            switch news {
            case .kill: talk.say(.happened(Conversation.db, .killed(container: "db-1", stops: true), at: time))
            case .die: talk.say(.happened(Conversation.db, .died(container: "db-1", exitCode: 0), at: time))
            case .stop: talk.say(.happened(Conversation.db, .stopped(container: "db-1"), at: time))
            case .look: talk.look("db")
            }
        }
        self.isGoneAndBack(&talk)
        #expect(Set(talk.actions.map(\.id)) == [cache, Conversation.db])
    }

    @Test("a stop that a person asked for is the person's, though its process ended when the daemon shut down")
    func shutdownDuringAStop() {
        var talk = Conversation(["db": [], "cache": []])
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        talk.killed(Conversation.db)
        talk.wait(20)
        for id in [ServiceID("cache"), Conversation.db] {
            talk.isStopped(id)
        }
        self.isGoneAndBack(&talk)
        #expect(talk.actions.map(\.id) == [ServiceID("cache")])
        #expect(talk.verdict(Conversation.db) == .standDown(.stopped))
    }

    @Test("what a person stopped long after another ignored a signal is not the daemon's that shuts that one down")
    func ignoredBeforeShutdown() {
        var talk = Conversation(["db": [], "cache": []])
        let cache = ServiceID("cache")
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        talk.killed(Conversation.db)
        talk.wait(60)
        talk.isStopped(cache)
        talk.wait(70)
        talk.isStopped(Conversation.db)
        self.isGoneAndBack(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        #expect(talk.verdict(cache) == .standDown(.stopped))
    }

    @Test("what a person stopped while another service was restarted is not the daemon's that shut down soon after")
    func stoppedNearARestart() {
        var talk = Conversation(["db": [], "cache": []])
        let cache = ServiceID("cache")
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        talk.isStopped(cache)
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.wait(0.5)
        talk.runsAgain(Conversation.db)
        talk.wait(20)
        talk.isStopped(Conversation.db)
        self.isGoneAndBack(&talk)
        #expect(talk.actions.map(\.id) == [Conversation.db])
        #expect(talk.verdict(cache) == .standDown(.stopped))
    }

    @Test(
        "what was stopped with the daemon before it was first looked at is wanted, though the news of it is late",
        arguments: [false, true])
    func shutdownBeforeTheFirstLook(isLate: Bool) {
        var talk = Conversation(["db": []])
        talk.runs("db")
        talk.restoreFromJournal()
        let ended = talk.now
        func hear(_ talk: inout Conversation) {
            talk.say(.happened(Conversation.db, .killed(container: "db-1", stops: true), at: ended))
            talk.say(.happened(Conversation.db, .died(container: "db-1", exitCode: 0), at: ended))
        }
        if !isLate { hear(&talk) }
        talk.exits(Conversation.db, code: 0)
        self.isGoneAndBack(&talk)
        if isLate {
            #expect(talk.verdict(Conversation.db) == .standDown(.foundStopped))
            hear(&talk)
            talk.look("db")
            talk.wait(5)
        }
        #expect(talk.actions.map(\.id) == [Conversation.db])
    }

    @Test("what ended well while the daemon was gone was ended by it, though nobody told of that")
    func shutdownUnheard() {
        var talk = Conversation(["db": [], "cache": []])
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        for id in [ServiceID("cache"), Conversation.db] { talk.silently(id) { $0.state = .exited } }
        self.isGoneAndBack(&talk)
        talk.wait(1)
        #expect(Set(talk.actions.map(\.id)) == [ServiceID("cache"), Conversation.db])
    }

    @Test("what was seen running after a person's stop was not stopped by that, whatever a clock that was set tells")
    func shutdownAfterAStopThatSeemsLater() {
        var talk = Conversation(["db": [], "cache": []])
        let cache = ServiceID("cache")
        talk.runs("cache") { $0.restartPolicy = .no }
        talk.runs("db")
        let stopped = talk.now
        talk.isStopped(Conversation.db)
        talk.wait(5)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
        talk.beginsRun(Conversation.db)
        talk.silently(Conversation.db) { $0.started = stopped - .seconds(1) }
        talk.restoreFromJournal()
        talk.look("cache")
        talk.look("db")
        talk.wait(600)
        for id in [cache, Conversation.db] { talk.isStopped(id) }
        self.isGoneAndBack(&talk)
        #expect(Set(talk.actions.map(\.id)) == [cache, Conversation.db])
    }

    /// The daemon is gone, and nothing has been started again when it is back.
    private func isGoneAndBack(_ talk: inout Conversation) {
        talk.wait(1)
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
        for service in Set(talk.containers.keys.map(\.service)).sorted() { talk.look(service) }
        talk.say(.engineBack)
        talk.wait(60)
    }

    @Test("events of the shutdown that come after the engine is back change nothing")
    func lateEvents() {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(10)
        let stopped = talk.now
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
        talk.silently(Conversation.db) { $0.state = .exited }
        talk.look("db")
        talk.beginsRun()
        talk.look()
        talk.say(.engineBack)
        for news in [News.die, .kill, .stop] { talk.hears(news, of: Conversation.db, stoppedAt: stopped - .seconds(1)) }
        talk.look("db")
        talk.wait(3)
        #expect(talk.heard().suffix(2) == ["db detected exited", "db start, attempt 1"])
    }

    @Test(
        "a paused container, and one between two runs, outlive no shutdown either",
        arguments: [Container.State.paused, .restarting])
    func witness(state: Container.State) {
        var talk = Conversation.healthyAppAndDB()
        talk.becomes { $0.state = state }
        talk.isStopped(Conversation.db)
        talk.say(.engineLost("no answer"))
        talk.wait(8)
        talk.look("db")
        talk.look("app")
        talk.say(.engineBack)
        talk.wait(60)
        #expect(talk.actions.allSatisfy { $0.id != Conversation.db })
    }

    @Test("a shutdown whose signals were lost gives no older stop to the daemon")
    func lostSignals() {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(200)
        talk.died()
        talk.exits(code: 0)
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
        talk.look("db")
        talk.beginsRun()
        talk.look()
        talk.say(.engineBack)
        talk.wait(600)
        #expect(talk.actions.isEmpty)
    }

    @Test("a stop is the daemon's only if the daemon was gone soon after it", arguments: [(9.0, true), (12.0, false)])
    func soon(seconds: Double, isDaemons: Bool) {
        var talk = Conversation.healthyAppAndDB()
        for id in [Conversation.app, Conversation.db] {
            talk.isStopped(id)
        }
        talk.wait(seconds)
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
        talk.look("db")
        talk.look("app")
        talk.say(.engineBack)
        talk.wait(60)
        #expect(talk.actions.map(\.id) == (isDaemons ? [Conversation.db] : []))
    }

    @Test("what a person stopped long before stays stopped")
    func stoppedBefore() {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(120)
        talk.isStopped()
        talk.say(.engineLost("connection closed"))
        talk.wait(20)
        talk.look("db")
        talk.beginsRun()
        talk.look()
        talk.say(.engineBack)
        talk.probes(.passed, for: 600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person", "engine_lost", "engine_back"])
    }

    @Test("an engine that was only out of reach leaves a person's stop a person's stop")
    func outOfReach() {
        var talk = Conversation.healthyAppAndDB()
        talk.isStopped(Conversation.db)
        talk.wait(5)
        talk.say(.engineLost("no answer"))
        talk.wait(20)
        talk.look("db")
        talk.look("app")
        talk.say(.engineBack)
        talk.probes(.passed, for: 600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person", "engine_lost", "engine_back"])
    }

    @Test("a deploy answers for its services: nothing is done, nothing counts afterwards, and what was open is proved")
    func deploy() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.fails()
        _ = talk.heard()
        talk.say(.deploying(["app"]))
        talk.probes(.timedOut, for: 60)
        talk.died(code: 1)
        talk.exits(code: 1)
        talk.beginsRun()
        talk.look()
        talk.say(.deploying([]))
        #expect(talk.heard() == [])
        talk.probes(.passed, for: 10)
        #expect(talk.heard().first == "app recovered")
    }

    @Test("a deploy that changes nothing leaves an open incident to be healed as before")
    func deployOfNothing() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.fails()
        _ = talk.heard()
        talk.say(.deploying(["app"]))
        talk.probes(.timedOut, for: 20)
        #expect(talk.heard() == [])
        talk.say(.deploying([]))
        talk.probes(.timedOut, for: 20)
        #expect(talk.actions.count == 2 && talk.heard().allSatisfy { !$0.contains("stand_down") })
    }

    @Test("what a deploy does not answer for is healed while it goes on")
    func deployOfAnother() {
        var talk = Conversation.healthyApp()
        talk.say(.deploying(["worker"]))
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard().contains("app restart 10s, attempt 1"))
    }

    @Test("what we stopped and a deploy did not touch is still ours to bring back")
    func deployAfterOwnStop() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.probes(.timedOut, for: 6)
        talk.exits(code: 0)
        talk.fails()
        talk.say(.deploying(["app"]))
        talk.wait(600)
        talk.say(.deploying([]))
        talk.silently {
            $0.health = nil
            $0.exitCode = 0
        }
        talk.look()
        talk.wait(5)
        #expect(talk.actions.count == 2)
    }
}
