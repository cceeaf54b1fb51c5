/// The latest facts, bounded: at any time they suffice to judge the present again.
///
/// Of what is too old to be kept, the last word on each matter stays.
public struct FactMemory: Sendable {
    /// How many entries are kept at least, once there were so many, and twice as many at most.
    public static let countMin = 2_000

    /// What a fact is about: a newer one of the same matter takes its place.
    struct Matter: Hashable {
        let kind: Int
        let service: String
        let replica: Int
    }

    private var recent: [FactLog.Entry] = []
    private var lastWords: [Matter: FactLog.Entry] = [:]

    public init() {}

    public mutating func add(_ entry: FactLog.Entry) {
        self.recent.append(entry)
        guard self.recent.count >= 2 * FactMemory.countMin else { return }
        for old in self.recent.prefix(FactMemory.countMin) {
            if case .fact(let fact, _) = old, let matter = Matter(fact) { self.lastWords[matter] = old }
        }
        self.recent.removeFirst(FactMemory.countMin)
    }

    /// All that is kept of the time from `begin` on, in order, and before it the last word on each matter.
    public func entries(since begin: Moment) -> [FactLog.Entry] {
        var words = self.lastWords
        let old = self.recent.prefix { $0.moment < begin }
        for entry in old { if case .fact(let fact, _) = entry, let matter = Matter(fact) { words[matter] = entry } }
        return words.values.sorted { $0.moment < $1.moment } + self.recent.dropFirst(old.count)
    }
}

extension FactMemory.Matter {
    /// Nil for what happened once and is over.
    init?(_ fact: Fact) {
        switch fact {
        case .observed(let service, _, _): self.init(kind: 0, service: service, replica: 0)
        case .probed(let id, _): self.init(kind: 1, service: id.service, replica: id.replica)
        case .examined(let id, _, _): self.init(kind: 2, service: id.service, replica: id.replica)
        case .deploying: self.init(kind: 3, service: "", replica: 0)
        case .engineLost, .engineBack: self.init(kind: 4, service: "", replica: 0)
        case .host: self.init(kind: 5, service: "", replica: 0)
        // Who is watched under which terms is in the header.
        case .happened, .actionPrepares, .actionBegins, .actionEnded, .asked, .found, .forgotten, .tick: return nil
        }
    }
}
