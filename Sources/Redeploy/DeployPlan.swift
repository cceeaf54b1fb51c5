import Compose
import Docker
import Support

/// What a deploy will change, from what the Compose file says, what there is, and which images there are. Pure.
struct DeployPlan {
    /// All that is known of one service.
    struct Known {
        let service: Service
        /// What Compose labels the right container with.
        let configHash: String
        /// The id of the image it should run; empty when there is none yet.
        let image: String
        let filledIn: FilledInService
        /// Its containers, but those of `docker compose run`.
        let containers: [ContainerDetails]
    }

    let units: [DeployUnit]
    /// The services that stay as they are.
    let kept: [String]
    /// The containers that stay though no service that is on has them: as with `up`, removing them is a person's to do.
    let strays: [String]
    /// The services whose data is to be brought up to date first.
    let migrations: [String]

    /// - Parameters:
    ///   - project: its name.
    ///   - probed: the service whose health URL is known, and which can therefore be tried out of sight.
    ///   - leavingFronts: containers that hold its port and are of no service that is on any more.
    ///   - strays: other containers of no service that is on, by name.
    init(
        project: String, services: [String: Known], probed: String, leavingFronts: [ContainerDetails] = [],
        strays: [String] = []
    ) {
        // They go first: what comes after may want their port.
        var units = leavingFronts.map { front in
            DeployUnit(
                service: front.labels[ComposeLabels.service] ?? "", number: front.number, name: front.name,
                change: .remove, reason: "it held the port of \(probed), and nothing turns it on any more",
                old: DeployUnit.Old(front))
        }
        let freed = Set(leavingFronts.flatMap(\.publishedPorts).map(\.outside))
        var kept: [String] = []
        for name in Self.inOrder(services.mapValues(\.service)) {
            guard let known = services[name] else { continue }
            let front = services.first { $0.value.service.frontOf == name }?.key
            let changes = Self.units(project, name, known, isProbed: name == probed, front: front, freed: freed)
            if changes.isEmpty { kept.append(name) } else { units += changes }
        }
        // Replicas too many serve until all others have proved themselves.
        let isSurplus = { (unit: DeployUnit) in unit.change == .remove && unit.order == .startFirst }
        units = units.filter { !isSurplus($0) } + units.filter(isSurplus)
        // What was never there has no version before, and maybe no database yet: it brings its data up to date itself.
        let replaced = Set(units.filter { $0.change == .replace }.map(\.service))
        self.units = units
        self.kept = kept
        self.strays = strays.sorted()
        self.migrations = replaced.sorted().filter { services[$0]?.service.labels[SelfhealLabels.migrate] != nil }
    }

    private static func units(
        _ project: String, _ name: String, _ known: Known, isProbed: Bool, front: String?, freed: Set<UInt16>
    ) -> [DeployUnit] {
        let present = known.containers.count
        // As Compose numbers what it makes.
        let next = (known.containers.map(\.number).max() ?? 0) + 1
        let missing = (next..<next + max(0, known.filledIn.scale - present)).map { number in
            DeployUnit(
                service: name, number: number, name: "\(project)-\(name)-\(number)", change: .create,
                reason: present == 0 ? "there is none yet" : "\(present) of \(known.filledIn.scale) are there")
        }
        // What serves is kept before what does not, and otherwise the one that was there first.
        let ranked = known.containers.sorted { ($0.isUp ? 0 : 1, $0.number) < ($1.isUp ? 0 : 1, $1.number) }
        let changed = ranked.prefix(known.filledIn.scale).sorted { $0.number < $1.number }.compactMap {
            container -> DeployUnit? in
            let isRight =
                container.labels[ComposeLabels.configHash] == known.configHash
                && (known.image.isEmpty || container.imageID == known.image)
            if isRight, container.isUp || container.isDone { return nil }
            let old = DeployUnit.Old(container)
            let (order, reason) = self.order(known, container, front: front, freed: freed)
            let isAlone = known.service.isAlone || container.hasOwnData
            return DeployUnit(
                service: name, number: container.number, name: container.name, change: isRight ? .start : .replace,
                order: order, reason: reason, isRehearsed: isProbed && order == .stopFirst && !isAlone && !isRight,
                old: old)
        }
        let surplus = ranked.dropFirst(known.filledIn.scale).map { container in
            DeployUnit(
                service: name, number: container.number, name: container.name, change: .remove, order: .startFirst,
                reason: "\(present) are there and \(known.filledIn.scale) are to run", old: DeployUnit.Old(container))
        }
        return changed + missing + surplus
    }

    /// What can't be had twice decides.
    private static func order(
        _ known: Known, _ container: ContainerDetails, front: String?, freed: Set<UInt16>
    ) -> (DeployUnit.Order, reason: String) {
        let service = known.service
        if service.isAlone { return (.stopFirst, "label \(SelfhealLabels.alone) says that there may be only one") }
        if let port = container.publishedPorts.first(where: { known.filledIn.ports.contains($0.outside) }) {
            return (.stopFirst, "it publishes port \(port.outside)")
        }
        if let port = known.filledIn.ports.first(where: freed.contains) {
            return (.stopFirst, "it takes port \(port) over from a front")
        }
        if service.hasFixedName { return (.stopFirst, "its name is fixed") }
        if container.hasOwnData { return (.stopFirst, "it writes to a volume or folder of its own") }
        if ["host", "none"].contains(container.networkMode) || container.networkMode.hasPrefix("container:") {
            return (.stopFirst, "it uses the network of \(container.networkMode)")
        }
        return (.startFirst, front.map { "\($0) holds its port" } ?? "nothing of it can be there only once")
    }

    /// Dependencies first, otherwise by name.
    static func inOrder(_ services: [String: Service]) -> [String] {
        var order: [String] = []
        var seen: Set<String> = []
        func visit(_ name: String) {
            guard let service = services[name], seen.insert(name).inserted else { return }
            for dependency in service.dependsOn.keys.sorted() { visit(dependency) }
            order.append(name)
        }
        for name in services.keys.sorted() { visit(name) }
        return order
    }
}

extension DeployUnit.Old {
    init(_ container: ContainerDetails) {
        self.init(
            id: container.id, standing: container.standing, restartPolicy: container.restartPolicy.name,
            restartRetries: container.restartPolicy.maximumRetries, isDone: container.isDone)
    }
}

extension Service {
    var isAlone: Bool { self.labels[SelfhealLabels.alone].flatMap(Bool.init(setting:)) ?? false }
}

extension ContainerDetails {
    var number: Int { self.labels[ComposeLabels.containerNumber].flatMap { Int($0) } ?? 1 }

    var isUp: Bool { self.state == .running || self.state == .restarting || self.state == .paused }

    /// A one-shot service that did its work.
    var isDone: Bool {
        self.state == .exited && self.exitCode == 0 && self.startedAt != nil && self.restartPolicy.name == "no"
            && self.healthcheck == nil
    }

    /// Whether it stands beside the one that has its place: Compose's own names have no dot in them.
    var isAside: Bool { [".new", ".old", ".rehearsal"].contains { self.name.hasSuffix($0) } }

    /// Whether it may write to something that another container like it would write to as well.
    var hasOwnData: Bool { self.mounts.contains { $0.isWritable && $0.type != "tmpfs" } }

    var standing: DeployUnit.Standing {
        switch (self.state, self.health?.status) {
        case (.running, .healthy?): .healthy
        case (.running, .unhealthy?): .unhealthy
        case (.running, _): .running
        case (.paused, _), (.restarting, _): .unhealthy
        case (.exited, _): self.isDone ? .healthy : .ended
        case (.created, _), (.removing, _), (.dead, _): .ended
        }
    }
}
