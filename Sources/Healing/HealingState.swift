/// The healing core: a state machine from facts and time to decisions. A value: no clock, no I/O, no randomness.
///
/// ``step(_:at:)`` takes one fact in and then judges anew whatever it may bear on. Nothing is decided by the fact alone,
/// so a fact that is lost, late or doubled costs time at most.
public struct HealingState: Sendable {
    /// What holds where a service has no policy of its own.
    public let policy: Policy
    /// Direct dependencies per service; each key is a service that is watched.
    public private(set) var dependencies: [String: [String]]
    /// The services whose health URL is asked.
    public private(set) var probed: Set<String>
    /// How services hang together otherwise; those that do not have no entry.
    public let relations: [String: Relations]
    /// The policies of services that have their own.
    private var policies: [String: Policy]
    /// Whether what is bad is only called so, and not healed: for who looks once and does nothing.
    public var isOnlyLooking = false

    var services: [ServiceID: ServiceState] = [:]
    var engineLoss: EngineLoss?
    /// What a deploy answers for.
    var deploying: Set<String> = []
    /// The services that were looked at since this watchdog began.
    var lookedAt: Set<String> = []
    var pauses = Pauses()
    var incidentsEver = 0
    /// The images that were proven healthy, by service, the latest last.
    var verifiedImages: [String: [String]] = [:]
    /// How the machine was when it was last told of.
    var host: HostCondition?
    /// A time in which most services are bad at once.
    var epidemic: Epidemic?
    var saidDiskFull = false
    /// Since when services are owed a restart, because a dependency that they are to be restarted with was.
    var owed: [String: Moment] = [:]
    /// What each container of them was owed when it was restarted.
    var paid: [ServiceID: Moment] = [:]
    /// The alarm of the service that is being judged.
    var alarm = Alarm()
    /// When each service is to be judged anew, where time alone can change something.
    private var alarms: [ServiceID: Moment] = [:]
    /// Nobody who runs comes so late to what was due.
    private static let latenessMax = Duration.seconds(1)
    private(set) var graph: DependencyGraph
    /// The replicas known so far, in order.
    private var replicas: [String: [ServiceID]] = [:]

    /// - Parameters:
    ///   - dependencies: the direct dependencies of each service that is watched from the beginning.
    ///   - policies: the policies of services that have their own.
    public init(
        policy: Policy = Policy(), dependencies: [String: [String]], probed: Set<String>,
        relations: [String: Relations] = [:], policies: [String: Policy] = [:]
    ) {
        self.policy = policy
        self.relations = relations
        self.dependencies = dependencies
        self.probed = probed
        self.policies = policies
        self.graph = DependencyGraph(dependencies, relations)
    }

    /// When to call ``step(_:at:)`` with a tick at the latest; nil when only a fact can change anything.
    public var nextTick: Moment? {
        [self.engineLoss == nil ? self.alarms.values.min() : nil, self.pauses.nextEnd].compactMap(\.self).min()
    }

    /// Whether fresh facts are needed soon: something is bad, suspect, or not proven yet.
    public var isVigilant: Bool { self.services.values.contains(where: \.isVigilant) }

    /// The services of which fresh facts are needed soon: those, and what they stand on.
    public var vigilant: Set<String> {
        var vigilant: Set<String> = []
        for state in self.services.values where state.isVigilant {
            vigilant.insert(state.id.service)
            vigilant.formUnion(self.graph.foundations[state.id.service] ?? [])
        }
        return vigilant
    }

    /// What holds for the service.
    public func policy(of service: String) -> Policy { self.policies[service] ?? self.policy }

    /// Whether the service makes progress and hardly gets a processor, so that it is to be asked patiently.
    public func isStarved(_ id: ServiceID, at now: Moment) -> Bool {
        self.services[id]?.isStarved(at: now, self.policy(of: id.service)) ?? false
    }

    /// Takes `fact` in and says what shall happen.
    ///
    /// Judged are the services that the fact is about, those whose time has come, and whoever stands on them or under
    /// them: what is decided for a service depends on no other one.
    public mutating func step(_ fact: Fact, at now: Moment) -> [Decision] {
        var decisions: [Decision] = []
        var touched = self.touched(by: fact)
        self.take(fact, at: now, &decisions)
        touched.formUnion(self.endPauses(after: fact, at: now, &decisions))
        guard self.engineLoss == nil else { return decisions }
        for (id, alarm) in self.alarms where alarm <= now {
            touched.insert(id.service)
            if now - alarm > Self.latenessMax { self.change(id) { $0.unjudgedUntil = now } }
        }
        for service in self.graph.sorted(self.graph.related(to: touched)) {
            for id in self.replicas[service] ?? [] {
                self.alarm = Alarm()
                self.judge(id, at: now, &decisions)
                // A bad sign lasts for as long as nothing better is known, so it is looked at as time goes by, and no
                // stream of facts puts that off.
                if self.services[id]?.isVigilant == true {
                    self.alarm.set(now + .seconds(1))
                    if let before = self.alarms[id], before > now { self.alarm.set(before) }
                }
                self.alarms[id] = self.alarm.moment
            }
        }
        return decisions
    }

    /// The services that the fact says something about.
    private func touched(by fact: Fact) -> Set<String> {
        switch fact {
        case .observed(let service, _, _), .forgotten(let service): [service]
        case .happened(let id, _, _), .probed(let id, _), .examined(let id, _, _), .actionEnded(let id, _),
            .actionPrepares(let id), .actionBegins(let id):
            [id.service]
        case .engineBack: Set(self.dependencies.keys)
        case .deploying(let deploying): self.deploying.symmetricDifference(deploying)
        case .found(let found): Set(found.keys)
        case .host: Set(self.services.values.filter(\.isVigilant).map(\.id.service))
        case .asked(let wish): wish.service.map { [$0] } ?? Set(self.dependencies.keys)
        case .engineLost, .tick: []
        }
    }

    /// Makes the service known, if it is not yet.
    mutating func know(_ id: ServiceID) {
        guard self.services[id] == nil else { return }
        self.services[id] = ServiceState(id, isProbed: self.probed.contains(id.service))
        self.replicas[id.service, default: []].append(id)
        self.replicas[id.service]?.sort { $0.replica < $1.replica }
    }

    /// The replicas of the service that are known so far.
    func replicas(of service: String) -> [ServiceState] {
        (self.replicas[service] ?? []).compactMap { self.services[$0] }
    }

    mutating func watch(_ found: [String: Terms]) {
        for (service, terms) in found {
            self.dependencies[service] = terms.dependencies
            self.policies[service] = terms.policy
            if terms.isProbed { self.probed.insert(service) } else { self.probed.remove(service) }
            for id in self.replicas[service] ?? [] { self.change(id) { $0.isProbed = terms.isProbed } }
        }
        self.graph = DependencyGraph(self.dependencies, self.relations)
    }

    mutating func forget(_ service: String) {
        for id in self.replicas[service] ?? [] {
            self.services[id] = nil
            self.alarms[id] = nil
        }
        self.replicas[service] = nil
        self.dependencies[service] = nil
        self.policies[service] = nil
        self.probed.remove(service)
        self.lookedAt.remove(service)
        self.graph = DependencyGraph(self.dependencies, self.relations)
    }

    @discardableResult
    mutating func change<Result>(_ id: ServiceID, _ body: (inout ServiceState) -> Result) -> Result? {
        guard let place = self.services.index(forKey: id) else { return nil }
        return body(&self.services.values[place])
    }
}
