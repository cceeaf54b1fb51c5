import Docker
import EventLoop
import HTTPClient

extension Rehearsal {
    /// What one look at the instance showed.
    enum Look: Hashable {
        case well
        /// A check was not well, with what keeps Render from reaching the port.
        case failing(ListeningSockets.Obstacle?)
        /// Its process ended by itself, in words.
        case ended(String)
    }

    /// Looks at the instance as Render does, tells what changed, and does what Render would do.
    func look() async throws(RenderError) -> Look {
        let details = try await self.world.inspect(self.app)
        guard details.state == .running else {
            _ = self.instance.handle(.exited, at: self.now)
            let ending = self.ending(details)
            let log = await self.world.log(self.app)
            self.tell(.exit, "\(ending), and Render would start it again" + (log.isEmpty ? "" : ": \(log)"))
            return .ended(ending)
        }
        let sockets = self.world.listeners(details)
        let (isWell, text) = try await self.check(sockets)
        if text != self.lastCheck { self.tell(.check, text) }
        self.lastCheck = text
        let phase = self.instance.phase
        let steps = self.instance.handle(isWell ? .passed : .failed, at: self.now)
        self.follow(steps)
        if phase != .live, self.instance.phase == .live {
            self.tell(
                .live, phase == .deploying ? "Render would route traffic to it" : "Render would route to it again")
        }
        if steps.contains(where: { $0.action == .restart }) { try await self.restart() }
        return isWell ? .well : .failing(sockets?.obstacle(to: RenderRules.port))
    }

    // MARK: Health checks

    private func check(_ sockets: ListeningSockets?) async throws(RenderError) -> (isWell: Bool, text: String) {
        guard let path = self.service.healthCheckPath else {
            // Render knocks at the port. Docker's own proxy takes a knock for nobody, so the kernel is asked.
            let isOpen = sockets?.open.contains(RenderRules.port) == true
            return (isOpen, "port \(RenderRules.port) is \(isOpen ? "open" : "not open")")
        }
        var call = HTTPCall(.get, "http://127.0.0.1:\(self.port)\(path)")
        call.headers = ["Host: \(self.service.host)", "User-Agent: selfheal-render-check"]
        let what = "GET \(path) (Host: \(self.service.host))"
        do {
            let answer = try await call.answer(within: RenderRules.answerLimit)
            return (RenderRules.isWell(status: answer.status), "\(what) answers \(answer.status)")
        } catch {
            switch error {
            case .cancelled: throw RenderError(.interrupted, "interrupted")
            case .timedOut:
                return (false, "\(what) does not answer within \(RenderRules.answerLimit.components.seconds) s")
            case .tooLarge: return (false, "\(what) answers more than can be read")
            case .unreachable, .broken: return (false, "\(what) gets no answer")
            }
        }
    }

    // MARK: What Render does with the container

    /// Starts it again when it ended by itself.
    func startAgain() async throws(RenderError) {
        try await self.world.docker(["start", self.app])
        try await self.noticeStart()
    }

    private func restart() async throws(RenderError) {
        try await self.world.docker(
            ["restart", "--time", "\(self.service.shutdownDelay.components.seconds)", self.app])
        self.restarts += 1
        try await self.noticeStart()
    }

    private func noticeStart() async throws(RenderError) {
        self.starts += 1
        self.lastCheck = ""
        // Docker chooses a port anew with each start. One that ended at once has none; the next look tells.
        if let port = try await self.world.publishedPort(self.app, RenderRules.port) { self.port = port }
    }
}
