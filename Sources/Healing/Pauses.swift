/// A time in which an operator wants no hand laid on something. It always ends by itself.
public struct Pause: Hashable, Sendable {
    public let until: Moment
    /// The operator's words; empty where there were none.
    public let reason: String
}

/// The pauses in force: one of the whole project at most, and one of each service.
struct Pauses: Hashable {
    private var all: Pause?
    private var single: [String: Pause] = [:]

    /// When the next one ends.
    var nextEnd: Moment? { ([self.all].compactMap(\.self) + self.single.values).map(\.until).min() }

    /// The pause that a service is under; of two the one that ends last.
    func pause(of service: String, at now: Moment) -> Pause? {
        [self.all, self.single[service]].compactMap(\.self).filter { $0.until > now }.max { $0.until < $1.until }
    }

    /// - Parameter service: nil for the whole project.
    mutating func begin(_ service: String?, _ pause: Pause) {
        if let service { self.single[service] = pause } else { self.all = pause }
    }

    /// Ends the pause of `service`; with nil that of the project and all others.
    ///
    /// - Returns: whether there was any.
    mutating func end(_ service: String?) -> Bool {
        guard let service else {
            let wasAny = self.all != nil || !self.single.isEmpty
            self = Pauses()
            return wasAny
        }
        return self.single.removeValue(forKey: service) != nil
    }

    /// Ends the pause of `service`; with nil that of the project alone.
    mutating func forget(_ service: String?) {
        if let service { self.single[service] = nil } else { self.all = nil }
    }

    /// Ends those whose time is up.
    ///
    /// - Returns: whose they were, nil for the whole project.
    mutating func expire(at now: Moment) -> [String?] {
        var ended: [String?] = []
        if let all = self.all, all.until <= now {
            self.all = nil
            ended.append(nil)
        }
        for (service, pause) in self.single.sorted(by: { $0.key < $1.key }) where pause.until <= now {
            self.single[service] = nil
            ended.append(service)
        }
        return ended
    }
}
