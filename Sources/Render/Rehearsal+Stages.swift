import Docker
import EventLoop

extension Rehearsal {
    // MARK: Boot

    /// - Returns: whether it went live.
    func boot() async throws(RenderError) -> Bool {
        var misboundSince: SuspendingClock.Instant?
        while self.instance.phase == .deploying {
            let isUp = try await self.check()
            let details = try await self.world.inspect(self.app)
            if details.state != .running {
                self.tell(.exit, "\(self.ending(details)): \(await self.world.log(self.app))")
                self.project(untilDue: "Render starts it again and again until then")
                self.report.problems.append("it exits before it is healthy")
                return false
            }
            if isUp { break }
            let obstacle = self.world.listeners(details)?.obstacle(to: RenderRules.port)
            if let obstacle { self.tellOnce(.port, obstacle) }
            let isMisbound = obstacle.map { !$0.hasSuffix("yet") } ?? false
            misboundSince = isMisbound ? misboundSince ?? Loop.now : nil
            let isLost = misboundSince.map { $0.duration(to: Loop.now) > Self.misboundPatience } ?? false
            if !self.options.isFull, isLost || self.now > Self.bootPatience {
                self.project(untilDue: "no check passed so far")
                self.report.problems.append(
                    isLost
                        ? "it \(obstacle ?? "")"
                        : "it was not healthy after \(Self.bootPatience.components.seconds) s "
                            + "(Render waits 15 minutes; --full does too)")
                return false
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

    // MARK: The outage

    func outage(of database: String) async throws(RenderError) {
        try await self.world.docker(["pause", database])
        self.tell(.outage, "the database is paused")
        let paused = self.now
        let limit = self.options.isFull ? RenderRules.restartLimit * 2 : RenderRules.rotationLimit + .seconds(10)
        while self.now - paused < limit, !self.wasRestarted, self.options.isFull || self.instance.phase == .live {
            _ = try await self.check()
            try await self.sleep(Self.pause)
        }
        if self.wasRestarted {
            try await self.world.docker(
                ["restart", "--time", "\(self.service.shutdownDelay.components.seconds)", self.app])
            self.port = try await self.world.publishedPort(self.app, RenderRules.port)
        } else if self.instance.phase == .outOfRotation {
            self.project(untilDue: "if the database were still away then")
        } else {
            self.tell(.check, "the health path does not tell that the database is away: Render would do nothing")
        }
        try await self.world.docker(["unpause", database])
        self.tell(.back, "the database runs again")
        let back = self.now
        while self.now - back < Self.recoveryPatience {
            if try await self.check() { return }
            let details = try await self.world.inspect(self.app)
            guard details.state == .running else {
                self.tell(.exit, "\(self.ending(details)): \(await self.world.log(self.app))")
                self.report.problems.append("it ended during an outage of its database")
                return
            }
            try await self.sleep(Self.pause)
        }
        self.report.problems.append("it does not serve again after an outage of its database")
    }

    private var wasRestarted: Bool { self.report.events.contains { $0.kind == .restart } }

    // MARK: The stop

    func stop() async throws(RenderError) {
        let details = try await self.world.inspect(self.app)
        guard details.state == .running else { return }
        let began = self.now
        self.follow(self.instance.handle(.replaced, at: began))
        self.tell(
            .stop,
            "SIGTERM, as an old instance gets it \(RenderRules.oldInstanceLimit.components.seconds) s after the "
                + "traffic went to the new one")
        try await self.world.docker(["kill", "--signal", "TERM", self.app])
        while true {
            let details = try await self.world.inspect(self.app)
            let delay = self.service.shutdownDelay.components.seconds
            if details.state == .exited {
                self.follow(self.instance.handle(.exited, at: self.now))
                self.tell(.exit, "\(self.ending(details)), of \(delay) s that it may take")
                if details.exitCode != 0 {
                    self.report.problems.append("it ends with code \(details.exitCode) on SIGTERM")
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
