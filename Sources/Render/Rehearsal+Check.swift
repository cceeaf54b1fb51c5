import EventLoop
import HTTPClient

extension Rehearsal {
    /// One health check, as Render makes it.
    ///
    /// - Returns: whether it was well.
    func check() async throws(RenderError) -> Bool {
        let (isWell, text) = try await self.ask(self.service.healthCheckPath ?? "/")
        if text != self.lastCheck { self.tell(.check, text) }
        self.lastCheck = text
        let phase = self.instance.phase
        self.follow(self.instance.handle(isWell ? .passed : .failed, at: self.now))
        if phase != .live, self.instance.phase == .live {
            self.tell(
                .live, phase == .deploying ? "Render would route traffic to it" : "Render would route to it again")
        }
        return isWell
    }

    private func ask(_ path: String) async throws(RenderError) -> (isWell: Bool, text: String) {
        var call = HTTPCall(.get, "http://127.0.0.1:\(self.port)\(path)")
        call.headers = ["Host: \(self.service.host)", "User-Agent: selfheal-render-check"]
        let what = "GET \(path) (Host: \(self.service.host))"
        do {
            let answer = try await call.answer(within: RenderRules.answerLimit)
            // Without a health path it only counts that somebody answers.
            let isWell = self.service.healthCheckPath == nil || RenderRules.isWell(status: answer.status)
            return (isWell, "\(what) answers \(answer.status)")
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
}
