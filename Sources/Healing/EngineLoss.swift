/// A time in which the engine does not answer.
struct EngineLoss {
    let began: Moment
    /// The runs that were going on when it began.
    let runs: Set<Container.Run>
}

extension HealingState {
    /// The runs that are going on, as far as is known.
    var runs: Set<Container.Run> {
        let states: Set<Container.State> = [.running, .paused, .restarting]
        return Set(self.services.values.compactMap(\.container).filter { states.contains($0.state) }.map(\.run))
    }

    /// A daemon that shuts down stops its containers through the same calls as a person does, all at once, and is gone
    /// soon after the last one ended. So when no run outlived the engine's absence, such stops are nobody's wish.
    mutating func withdrawStops(before loss: EngineLoss) {
        guard self.runs.isDisjoint(with: loss.runs) else { return }
        var start = loss.began - self.policy.engineShutdownTime
        let stops = self.services.values.map(\.stops)
        if let latest = stops.compactMap(\.askedFirst).max() {
            let together = latest - self.policy.engineShutdownSpread
            let ends = stops.filter { $0.asked.map { $0 >= together } ?? false }.compactMap {
                max($0.died ?? latest, latest)
            }
            if let end = ends.max(), end >= start { start = min(start, together) }
        }
        for id in self.services.keys {
            self.change(id) {
                // It ran until then, though it may never have been looked at, or nothing was heard of its end.
                let wasEnded = $0.stops.withdraw(from: start, to: loss.began)
                if wasEnded || $0.container.map({ loss.runs.contains($0.run) }) == true { $0.shutDown() }
            }
        }
    }
}
