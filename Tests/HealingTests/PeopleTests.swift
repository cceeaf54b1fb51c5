import Healing
import Testing

/// One piece of news of a stop: an event of the engine, or an inspection.
enum News: CaseIterable {
    case kill, die, stop, look
}

@Suite("What a person does is respected")
struct PeopleTests {
    /// The orders in which the news of one stop may arrive: some of it twice, some of it not at all.
    static let orders: [[News]] = [
        [.kill, .die, .stop, .look],
        [.kill, .look, .die, .stop, .look],
        [.look, .kill, .die, .stop, .look],
        [.look, .kill, .look, .die, .look, .stop, .look],
        [.kill, .die, .look, .kill, .die, .stop, .look],
        [.kill, .kill, .die, .die, .look],
        [.look, .kill, .die, .look],
        [.kill, .look],
        [.look, .stop, .look],
        [.stop, .die, .kill, .look],
    ]

    @Test("who was stopped by somebody while we stopped it to start it again stays stopped, until it is started")
    func stoppedMeanwhile() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.probes(.timedOut, for: 6)
        #expect(talk.actions.count == 1)
        talk.wait(2)
        talk.becomes { $0.state = .exited }
        talk.say(.actionEnded(Conversation.app, .yielded))
        talk.look()
        talk.wait(120)
        #expect(talk.verdict() == .standDown(.stopped))
        #expect(talk.actions.count == 1)
        talk.beginsRun()
        talk.started()
        talk.look()
        talk.examine()
        talk.probe(.passed)
        talk.died(code: 1)
        talk.becomes { $0.state = .exited }
        talk.wait(60)
        #expect(talk.actions.count == 2)
    }

    @Test(
        "a stopped service is left alone and that is said once, in whatever order the news arrives",
        arguments: orders, [Conversation.app, Conversation.db])
    func stop(order: [News], id: ServiceID) {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(10)
        let stopped = talk.now
        talk.silently(id) {
            $0.state = .exited
            $0.exitCode = 143
        }
        for news in order {
            talk.wait(0.05)
            talk.hears(news, of: id, stoppedAt: stopped)
        }
        for _ in 0..<60 {
            talk.wait(30)
            talk.look("app")
            talk.look("db")
        }
        #expect(talk.heard() == ["\(id) left_alone stopped_by_a_person"])
    }

    @Test("a stop by the grace's full length is no sign of trouble, although nothing answers meanwhile")
    func slowStop() {
        var talk = Conversation.healthyApp()
        talk.killed()
        talk.probes(.refused, for: 10)
        talk.isStopped(code: 137)
        talk.wait(60)
        #expect(talk.heard() == ["app left_alone stopped_by_a_person"])
    }

    @Test("a person's restart is no incident", arguments: [Conversation.app, Conversation.db])
    func restart(id: ServiceID) {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(id)
        talk.wait(0.3)
        talk.died(id)
        talk.exits(id, code: 0)
        talk.wait(0.2)
        talk.beginsRun(id)
        talk.started(id)
        talk.look(id.service)
        talk.probes(id == Conversation.app ? .refused : .passed, for: 5)
        talk.probes(.passed, for: 60)
        #expect(talk.heard() == [])
    }

    @Test("a recreated service is no incident, whichever of the two containers is shown meanwhile")
    func recreate() {
        var talk = Conversation.healthyAppAndDB()
        talk.silently { $0.run = .init(container: "app-1", started: $0.run.started) }
        talk.killed()
        talk.wait(0.3)
        talk.died()
        talk.exits(code: 0)
        talk.containers[Conversation.app] = nil
        talk.look()
        talk.wait(3)
        talk.runs("app") {
            $0.run = .init(container: "app-1-new", started: "")
            $0.state = .created
        }
        talk.wait(3)
        talk.runsAgain()
        talk.probes(.passed, for: 60)
        #expect(talk.heard() == [])
    }

    @Test("down is no incident, and nothing is started afterwards")
    func down() {
        var talk = Conversation.healthyAppAndDB()
        for id in [Conversation.app, Conversation.db] {
            talk.killed(id)
            talk.wait(0.5)
            talk.died(id)
            talk.exits(id, code: 0)
            talk.containers[id] = nil
            talk.look(id.service)
        }
        talk.wait(3_600)
        #expect(talk.heard() == [])
        #expect(talk.actions.isEmpty)
    }

    @Test("a paused service is left alone; its silence counts neither then nor afterwards")
    func pause() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 2)
        talk.becomes { $0.state = .paused }
        talk.probes(.timedOut, for: 60)
        talk.becomes { $0.state = .running }
        talk.probes(.passed, for: 10)
        #expect(talk.heard() == ["app left_alone paused_by_a_person"])
    }

    @Test("a signal that stops nothing is no stop: what dies of something else afterwards is healed")
    func hangUp() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db, stops: false)
        talk.wait(3)
        talk.died(Conversation.db, code: 1)
        talk.exits(Conversation.db)
        talk.wait(1)
        #expect(talk.heard() == ["db detected exited", "db start, attempt 1"])
    }

    @Test("a stop is respected in the middle of an incident, also of a service that never was well")
    func stopInIncident() {
        var talk = Conversation.healthyApp()
        talk.probes(.timedOut, for: 6)
        talk.succeeds(after: 0.4)
        talk.probes(.refused, for: 2)
        talk.isStopped(code: 143)
        talk.wait(3_600)
        #expect(
            talk.heard() == [
                "app detected unresponsive", "app restart 10s, attempt 1", "app action_succeeded",
                "app stand_down being_stopped_by_a_person", "app left_alone stopped_by_a_person",
            ])
        talk.beginsRun()
        talk.look()
        talk.probes(.passed, for: 5)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard().first == "app detected unresponsive")
    }

    @Test("a service found stopped when we come is left alone")
    func foundStopped() {
        var talk = Conversation()
        talk.runs("app") {
            $0.state = .exited
            $0.exitCode = 137
        }
        talk.wait(3_600)
        #expect(talk.heard() == ["app left_alone found_stopped"])
    }

    @Test("a service found with an exit code that tells of trouble is left alone too: nobody saw it wanted")
    func foundCrashed() {
        var talk = Conversation(["db": []])
        talk.runs("db") {
            $0.state = .exited
            $0.exitCode = 1
        }
        talk.wait(3_600)
        #expect(talk.heard() == ["db left_alone found_stopped"])
    }

    @Test("a container that was created and never started is not ours to start")
    func created() {
        var talk = Conversation()
        talk.runs("app") { $0.state = .created }
        talk.wait(3_600)
        #expect(talk.heard() == [])
    }
}

@Suite("Whether a person ended it is told by the times of the events")
struct StopTests {
    @Test("events that are heard again after a person's restart change nothing")
    func replayed() {
        var talk = Conversation.healthyApp()
        for news in [News.kill, .die, .stop] { talk.hears(news, of: Conversation.app, stoppedAt: talk.now) }
        talk.wait(1)
        talk.runsAgain()
        talk.probes(.passed, for: 1)
        // The event stream was opened again, and told it all once more.
        for news in [News.kill, .die, .stop] {
            talk.hears(news, of: Conversation.app, stoppedAt: talk.now - .seconds(2))
        }
        talk.started(ago: 1)
        talk.look()
        talk.probes(.passed, for: 30)
        #expect(talk.heard() == [])
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("an exit that is told three times is one exit and no crash loop")
    func doubledExit() {
        var talk = Conversation.healthyApp()
        for _ in 0..<3 { talk.died(code: 1) }
        talk.exits(.init("app"), code: 1, .restarting)
        talk.wait(5)
        #expect(talk.heard() == ["app detected exited"])
    }

    @Test("a start from before a stop does not make the stop a crash")
    func oldStart() {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(10)
        talk.killed(Conversation.db)
        talk.started(Conversation.db, ago: 5)
        talk.died(Conversation.db)
        talk.exits(Conversation.db)
        talk.wait(600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
    }

    @Test("a stop with a longer patience than the container's own grace is still a stop")
    func longStop() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        talk.killed()
        talk.probes(.refused, for: 45)
        talk.died(code: 0)
        talk.exits(code: 0)
        talk.wait(600)
        #expect(talk.heard() == ["app left_alone stopped_by_a_person"])
    }

    @Test("a stop that was asked for twice is one, also where the end comes long after the first signal")
    func askedTwice() {
        var talk = Conversation.healthyApp { $0.restartPolicy = .no }
        for _ in 0..<2 {
            talk.killed()
            talk.probes(.refused, for: 50)
        }
        talk.died(code: 0)
        talk.exits(code: 0)
        talk.wait(600)
        #expect(talk.heard() == ["app left_alone stopped_by_a_person"])
    }

    @Test("a signal of the run before that is heard again takes nothing from the stop of this one")
    func olderSignal() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.wait(0.5)
        talk.runsAgain(Conversation.db)
        talk.wait(130)
        talk.killed(Conversation.db)
        talk.killed(Conversation.db, ago: 130.5)
        talk.died(Conversation.db)
        talk.exits(Conversation.db)
        talk.wait(600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
    }

    @Test("a stop signal that was ignored is void after a while")
    func ignored() {
        var talk = Conversation.healthyApp()
        talk.killed()
        talk.probes(.passed, for: 71)
        talk.probes(.timedOut, for: 6)
        #expect(talk.heard() == ["app detected unresponsive", "app restart 10s, attempt 1"])
    }

    @Test("a stop between two runs of a crash loop has no signal and no end, and is respected")
    func stopWhileRestarting() {
        var talk = Conversation.healthyApp()
        talk.died(code: 1)
        talk.exits(code: 1, .restarting)
        talk.wait(0.5)
        talk.event { .stopped(container: $0) }
        talk.exits(code: 1)
        talk.wait(3_600)
        #expect(talk.heard() == ["app detected exited", "app stand_down stopped_by_a_person"])
    }

    @Test("a container that the engine itself would start again, and that stays stopped, was stopped by somebody")
    func lostEvents() {
        var talk = Conversation.healthyApp()
        talk.exits(code: 0)
        talk.wait(3_600)
        #expect(talk.heard() == ["app left_alone found_stopped"])
    }

    @Test("one that the engine could not start is no person's doing")
    func startFailed() {
        var talk = Conversation.healthyApp()
        talk.silently { $0.startError = "port is already allocated" }
        talk.exits(code: 128)
        talk.wait(1)
        #expect(talk.heard() == ["app detected start_failed", "app start, attempt 1"])
    }

    @Test("an engine clock that is set forth moves no run, and turns no stop into a crash")
    func clock() {
        var talk = Conversation.healthyAppAndDB()
        talk.silently(Conversation.db) { $0.started = $0.started + .seconds(7_200) }
        talk.look("db")
        talk.wait(1)
        talk.isStopped(Conversation.db)
        talk.wait(600)
        #expect(talk.heard() == ["db left_alone stopped_by_a_person"])
    }

    @Test("a crash after a signal that was ignored for long is a crash")
    func crashAfterIgnored() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.wait(121)
        talk.died(Conversation.db, code: 1)
        talk.exits(Conversation.db)
        talk.wait(1)
        #expect(talk.heard() == ["db detected exited", "db start, attempt 1"])
    }

    @Test("a crash soon after a person's restart is a crash")
    func crashAfterRestart() {
        var talk = Conversation.healthyAppAndDB()
        talk.killed(Conversation.db)
        talk.died(Conversation.db)
        talk.wait(0.3)
        talk.runsAgain(Conversation.db)
        talk.wait(5)
        talk.died(Conversation.db, code: 1)
        talk.exits(Conversation.db)
        talk.wait(1)
        #expect(talk.heard() == ["db detected exited", "db start, attempt 1"])
    }

    @Test("the end of an earlier run that is heard of late is no news")
    func lateEnd() {
        var talk = Conversation.healthyAppAndDB()
        talk.wait(1)
        talk.beginsRun(Conversation.db)
        talk.look("db")
        talk.wait(0.5)
        talk.died(Conversation.db, ago: 1, code: 1)
        talk.look("db")
        talk.wait(60)
        #expect(talk.heard() == [])
    }
}

extension Conversation {
    /// A piece of news of the stop that was done at `time`: the event's own times are the same, whenever it is heard.
    mutating func hears(_ news: News, of id: ServiceID, stoppedAt time: Moment) {
        guard let container = self.containers[id]?.run.container else { return }
        switch news {
        case .kill: self.say(.happened(id, .killed(container: container, stops: true), at: time))
        case .die: self.say(.happened(id, .died(container: container, exitCode: 143), at: time + .milliseconds(10)))
        case .stop: self.say(.happened(id, .stopped(container: container), at: time + .milliseconds(20)))
        case .look: self.look(id.service)
        }
    }
}
