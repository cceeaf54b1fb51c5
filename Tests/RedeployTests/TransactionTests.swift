import Testing

@testable import Redeploy

/// Walks transactions through without doing anything.
struct TransactionTests {
    private static let old = DeployUnit.Old(id: "old", standing: .healthy, restartPolicy: "always")
    private static let app = DeployUnit(
        service: "app", name: "p-app-1", change: .replace, order: .stopFirst, isRehearsed: true, old: old)
    private static let worker = DeployUnit(
        service: "worker", name: "p-worker-1", change: .replace, order: .startFirst, old: old)
    private static let fresh = DeployUnit(service: "new", name: "p-new-1", change: .create)

    /// Does all acts up to `stop`, or to the end; what it did, and the events.
    private func walk(
        _ units: [DeployUnit], migrations: [String] = [], of kind: DeployHeader.Kind = .deploy, upTo stop: Act? = nil
    ) -> (transaction: Transaction, acts: [Act], events: [DeployEvent]) {
        var transaction = Transaction()
        var acts: [Act] = []
        var events: [DeployEvent] = []
        func take(_ event: DeployEvent) {
            events.append(event)
            transaction.apply(event)
        }
        take(.began(DeployHeader(id: "1", project: "p", kind: kind)))
        while let act = transaction.next {
            take(.started(act))
            acts.append(act)
            if act == stop { break }
            if act == .pin { take(.pinned(["p-app": "sha256:before"])) }
            if act == .build { take(.planned(units, migrations: migrations)) }
            take(.done(act))
        }
        return (transaction, acts, events)
    }

    private func backwards(_ transaction: inout Transaction) -> [Act] {
        var acts: [Act] = []
        while let act = transaction.next {
            acts.append(act)
            transaction.apply(.done(act))
        }
        return acts
    }

    @Test("goes through its steps in order, all that touches nothing first")
    func order() {
        let (transaction, acts, _) = self.walk([Self.worker, Self.app, Self.fresh], migrations: ["app"])
        #expect(
            acts == [
                .pin, .build, .prepare(2), .prepare(0), .prepare(1), .migrate("app"), .rehearse(1), .bring(0), .gate(0),
                .retire(0), .retire(1), .gate(1), .launch(2), .gate(2), .show, .verify, .probation, .reread,
                .commit, .discard(0), .discard(1), .settle,
            ])
        #expect(transaction.outcome == .deployed && transaction.reason.isEmpty)
    }

    @Test("with nothing to change shows and verifies, and says so")
    func nothingToDo() {
        let (transaction, acts, _) = self.walk([])
        #expect(acts == [.pin, .build, .show, .verify])
        #expect(transaction.outcome == .nothingToDo)
    }

    @Test("that fails before anything is stopped puts names and containers back, and the old version was not touched")
    func failsUntouched() {
        for stop in [Act.build, .prepare(0), .rehearse(0), .migrate("app")] {
            var (transaction, _, _) = self.walk([Self.app], migrations: ["app"], upTo: stop)
            transaction.apply(.failed(stop, reason: "no", standing: .ended))
            let acts = self.backwards(&transaction)
            #expect(acts.contains(.restoreTags) && !acts.contains(.rereadOld), "\(stop)")
            #expect(transaction.outcome == .failedUntouched)
            #expect(transaction.reason.hasPrefix("step \(stop.step): no"))
        }
    }

    @Test("that fails later puts all services back, the last one first, and reads them again")
    func failsTouched() {
        for stop in [Act.gate(1), .verify, .probation, .reread] {
            var (transaction, _, _) = self.walk([Self.worker, Self.app], upTo: stop)
            transaction.apply(.failed(stop, reason: "no", standing: .unhealthy))
            #expect(self.backwards(&transaction) == [.undo(1), .undo(0), .restoreTags, .rereadOld], "\(stop)")
            #expect(transaction.outcome == .rolledBack)
        }
    }

    @Test("says rolled back only when every step of the undoing succeeded")
    func undoFails() {
        for failing in [Act.undo(0), .restoreTags, .rereadOld] {
            var (transaction, _, _) = self.walk([Self.app], upTo: .gate(0))
            transaction.apply(.failed(.gate(0), reason: "no", standing: .ended))
            var acts: [Act] = []
            while let act = transaction.next {
                acts.append(act)
                transaction.apply(act == failing ? .failed(act, reason: "broken", standing: nil) : .done(act))
            }
            #expect(acts == [.undo(0), .restoreTags, .rereadOld], "the rest is put back all the same")
            #expect(transaction.outcome == .rollbackFailed && transaction.reason.contains("broken"))
        }
    }

    @Test("leaves what is better: nothing is put back for a first deploy, or for an old container that did not run")
    func nothingBetter() {
        var first = self.walk([Self.fresh], upTo: .gate(0)).transaction
        first.apply(.failed(.gate(0), reason: "no", standing: .ended))
        #expect(self.backwards(&first) == [.restoreTags] && first.outcome == .rollbackFailed)
        #expect(first.reason.contains("nothing to roll back to"))

        let dead = DeployUnit(
            service: "app", name: "p-app-1", change: .replace, old: .init(id: "old", standing: .ended))
        var worse = self.walk([dead], upTo: .gate(0)).transaction
        worse.apply(.failed(.gate(0), reason: "no", standing: .unhealthy))
        #expect(self.backwards(&worse) == [.restoreTags] && worse.outcome == .rollbackFailed)
        #expect(worse.reason.contains("no better"))
    }

    @Test("a new service that fails leaves nothing beside an old one that still serves, and no name of a bad image")
    func failsBeforeAnyOldOne() {
        let replica = DeployUnit(service: "app", number: 2, name: "p-app-2", change: .create)
        var alone = self.walk([replica], upTo: .gate(0)).transaction
        alone.apply(.failed(.gate(0), reason: "no", standing: .ended))
        #expect(self.backwards(&alone) == [.undo(0), .restoreTags, .rereadOld] && alone.outcome == .rolledBack)
        let stopped = DeployUnit(service: "db", name: "p-db-1", change: .start, old: .init(id: "db", standing: .ended))
        for (first, undone) in [(Self.fresh, [Act.undo(1), .undo(0)]), (stopped, [.undo(1)])] {
            var transaction = self.walk([first, Self.app], upTo: .gate(0)).transaction
            transaction.apply(.failed(.gate(0), reason: "no", standing: .ended))
            #expect(self.backwards(&transaction) == undone + [.restoreTags, .rereadOld])
            #expect(transaction.outcome == .rolledBack)
        }
    }

    @Test("what stays because nothing better was there leaves no container beside those that were not replaced yet")
    func nothingBetterForOne() {
        let dead = DeployUnit(
            service: "app", name: "p-app-1", change: .replace, old: .init(id: "old", standing: .ended))
        var transaction = self.walk([dead, Self.worker], upTo: .gate(0)).transaction
        transaction.apply(.failed(.gate(0), reason: "no", standing: .unhealthy))
        #expect(self.backwards(&transaction) == [.undo(1), .restoreTags])
        #expect(transaction.outcome == .rollbackFailed && transaction.reason.contains("no better"))
    }

    @Test("a replica too many is stopped last, put back first, and no reason to keep what failed")
    func surplus() {
        let surplus = DeployUnit(
            service: "app", number: 2, name: "p-app-2", change: .remove, order: .startFirst,
            old: .init(id: "2", standing: .unhealthy))
        #expect(
            self.walk([Self.app, surplus]).acts == [
                .pin, .build, .prepare(0), .rehearse(0), .retire(0), .gate(0), .retire(1), .show, .verify, .probation,
                .reread, .commit, .discard(0), .discard(1), .settle,
            ])
        var transaction = self.walk([Self.app, surplus], upTo: .verify).transaction
        transaction.apply(.failed(.verify, reason: "no", standing: .running))
        #expect(self.backwards(&transaction) == [.undo(1), .undo(0), .restoreTags, .rereadOld])
        #expect(transaction.outcome == .rolledBack)
    }

    @Test("a taking up that a person ended goes on where it was")
    func stopped() {
        let (_, _, events) = self.walk([Self.worker, Self.app], upTo: .gate(1))
        var transaction = Transaction(folding: events)
        if let event = transaction.interruption() { transaction.apply(event) }
        transaction.apply(.started(.undo(1)))
        transaction.apply(.done(.undo(1)))
        transaction.apply(.stopped(.undo(0)))
        #expect(transaction.interruption() == nil)
        #expect(self.backwards(&transaction) == [.undo(0), .restoreTags, .rereadOld])
        #expect(transaction.outcome == .rolledBack)
    }

    @Test("what could not be cleared up after the commit undoes nothing, and is said")
    func unsettled() {
        for failing in [Act.discard(0), .settle] {
            var (transaction, _, _) = self.walk([Self.app], upTo: failing)
            transaction.apply(.failed(failing, reason: "no", standing: nil))
            #expect(!self.backwards(&transaction).contains { $0.step == "undo" })
            #expect(transaction.outcome == .deployed && transaction.reason == "no")
        }
    }

    @Test(
        "a rollback whose target fails out of sight has failed where what runs is ill, and was not needed where it serves"
    )
    func illTarget() {
        for (standing, outcome) in [
            (DeployUnit.Standing.unhealthy, DeployOutcome.rollbackFailed), (.ended, .rollbackFailed),
            (.running, .failedUntouched), (.healthy, .failedUntouched),
        ] {
            let app = DeployUnit(
                service: "app", name: "p-app-1", change: .replace, isRehearsed: true,
                old: .init(id: "old", standing: standing))
            for kind in [DeployHeader.Kind.rollback(1), .deploy] {
                var transaction = self.walk([app], of: kind, upTo: .rehearse(0)).transaction
                transaction.apply(.failed(.rehearse(0), reason: "no", standing: .unhealthy))
                #expect(!self.backwards(&transaction).contains(.rereadOld))
                #expect(transaction.outcome == (kind == .deploy ? .failedUntouched : outcome))
                #expect(transaction.reason.contains("ill too") == (transaction.outcome == .rollbackFailed))
            }
        }
    }

    @Test("cut off after any event and folded again, it ends undone before its commit and finished after it")
    func cutOffAnywhere() {
        let (_, _, events) = self.walk([Self.worker, Self.app, Self.fresh], migrations: ["app"])
        let commit = events.firstIndex(of: .done(.commit)) ?? 0
        for length in 1...events.count {
            var transaction = Transaction(folding: events.prefix(length))
            if let event = transaction.interruption() { transaction.apply(event) }
            let acts = self.backwards(&transaction)
            if length > commit {
                #expect(transaction.outcome == .deployed, "after \(length) events")
                #expect(!acts.contains { $0.step == "undo" })
            } else {
                #expect([.failedUntouched, .rolledBack].contains(transaction.outcome), "after \(length) events")
                let touched = Set(transaction.hasTouched ? events.prefix(length).compactMap(\.touched) : [])
                #expect(touched.allSatisfy { acts.contains(.undo($0)) }, "after \(length) events")
            }
        }
    }
}

extension DeployEvent {
    fileprivate var touched: Int? {
        if case .started(let act) = self { act.touched } else { nil }
    }
}
