import Docker
import EventLoop

extension Rehearsal {
    // MARK: Boot

    /// - Returns: whether it went live.
    func boot() async throws(RenderError) -> Bool {
        var misboundSince: SuspendingClock.Instant?
        while self.instance.phase == .deploying {
            switch try await self.look() {
            case .well: break
            case .ended(let ending):
                if !self.options.isFull, self.starts == Self.startsWatched {
                    return self.giveUp(
                        "it exits before it is healthy: \(ending)", "Render starts it again and again until then")
                }
                try await self.startAgain()
            case .failing(let obstacle):
                if let obstacle { self.tellOnce(.port, obstacle.text) }
                misboundSince = obstacle?.isForGood == true ? misboundSince ?? self.clock.now() : nil
                let isLost = misboundSince.map { $0.duration(to: self.clock.now()) > Self.misboundPatience } ?? false
                if let obstacle, isLost, !self.options.isFull {
                    return self.giveUp("it \(obstacle.text)", "no check passed so far")
                }
            }
            if self.instance.phase == .deploying, let patience = self.patience, self.now > patience {
                return self.giveUp(
                    "it was not healthy after \(patience.components.seconds) s (Render waits 15 minutes; --full does too)",
                    "no check passed so far")
            }
            if self.instance.phase == .deploying { try await self.sleep(Self.pause) }
        }
        guard self.instance.phase == .live else {
            self.report.problems.append("it was not healthy within 15 minutes")
            return false
        }
        let used = try await self.world.docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", self.app])
        self.tell(.memory, "it uses \(used)")
        return true
    }

    /// Tells the end of the deploy from the rules.
    private func giveUp(_ problem: String, _ why: String) -> Bool {
        self.project(untilDue: why)
        self.report.problems.append(problem)
        return false
    }

    // MARK: The outage

    /// Takes the database away until Render would have acted, gives it back, and waits until the service serves again.
    func outage(of database: String) async throws(RenderError) {
        try await self.world.docker(["pause", database])
        self.tell(.outage, "the database is paused")
        let paused = self.now
        // As long as it fails; and for a while before that, as an answer may come from before the outage.
        while self.instance.failingSince != nil || self.now - paused < Self.outageNotice {
            if case .ended(let ending) = try await self.look() {
                self.report.problems.append("it exits during an outage of its database: \(ending)")
                return
            }
            if self.options.isFull ? self.restarts > 0 : self.instance.phase == .outOfRotation { break }
            try await self.sleep(Self.pause)
        }
        if self.instance.phase == .live {
            self.tell(.check, "the health path does not tell that the database is away: Render would do nothing")
        } else if !self.options.isFull {
            self.project(untilDue: "if the database were still away then")
        }
        try await self.world.docker(["unpause", database])
        self.tell(.back, "the database runs again")
        try await self.recover()
    }

    /// Waits until it serves again, by itself or after one restart.
    private func recover() async throws(RenderError) {
        let restarts = self.restarts
        let limit = self.patience ?? Self.recoveryPatience
        var since = self.now
        while true {
            let wasRestarted = self.restarts > restarts
            switch try await self.look() {
            case .well:
                if wasRestarted {
                    self.report.problems.append(
                        "after an outage of its database it serves again only when Render has restarted it")
                }
                return
            case .ended(let ending):
                self.report.problems.append("it exits after an outage of its database: \(ending)")
                return
            case .failing: break
            }
            if self.restarts > restarts, !wasRestarted { since = self.now }
            if self.now - since > limit {
                guard !wasRestarted, let due = self.instance.due else { break }
                self.skip(to: due)
            } else {
                try await self.sleep(Self.pause)
            }
        }
        self.report.problems.append("it does not serve again after an outage of its database, not even restarted")
    }

    // MARK: The stop

    func stop() async throws(RenderError) {
        guard try await self.world.inspect(self.app).state == .running else { return }
        self.follow(self.instance.handle(.replaced, at: self.now))
        self.tell(
            .stop,
            "SIGTERM, as an old instance gets it \(RenderRules.oldInstanceLimit.components.seconds) s after the "
                + "traffic went to the new one")
        try await self.world.docker(["kill", "--signal", "TERM", self.app])
        let delay = self.service.shutdownDelay.components.seconds
        while true {
            let details = try await self.world.inspect(self.app)
            if details.state == .exited {
                self.follow(self.instance.handle(.exited, at: self.now))
                self.tell(.exit, "\(self.ending(details)), of \(delay) s that it may take")
                if details.exitCode != 0 {
                    self.report.problems.append("it ends with code \(details.exitCode) on SIGTERM (0 is a clean stop)")
                }
                return
            }
            self.follow(self.instance.handle(.timePassed, at: self.now))
            if self.instance.phase == .stopped {
                try await self.world.docker(["kill", self.app])
                self.report.problems.append("it does not end within \(delay) s of SIGTERM and is killed")
                return
            }
            try await self.sleep(.milliseconds(100))
        }
    }
}
