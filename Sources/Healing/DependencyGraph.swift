/// Who stands on whom, among the services that are watched.
struct DependencyGraph {
    /// All that each service depends on, directly or not.
    let foundations: [String: Set<String>]
    /// All that depends on each service, directly or not.
    let dependents: [String: Set<String>]
    /// Where each service comes when dependencies go before their dependents.
    private let places: [String: Int]

    /// - Parameters:
    ///   - dependencies: the direct ones of each service that is watched. Circles do no harm.
    ///   - relations: whoever lives in another one's network stands on it as well.
    init(_ dependencies: [String: [String]], _ relations: [String: Relations]) {
        let dependencies = dependencies.reduce(into: dependencies) { all, entry in
            if let host = relations[entry.key]?.networkOf { all[entry.key]?.append(host) }
        }
        var foundations: [String: Set<String>] = [:]
        var dependents: [String: Set<String>] = [:]
        for service in dependencies.keys {
            var reached: Set<String> = []
            var open = dependencies[service] ?? []
            while let next = open.popLast() {
                guard reached.insert(next).inserted else { continue }
                open += dependencies[next] ?? []
            }
            foundations[service] = reached
            for foundation in reached { dependents[foundation, default: []].insert(service) }
        }
        self.foundations = foundations
        self.dependents = dependents
        self.places = Self.places(dependencies)
    }

    private static func places(_ dependencies: [String: [String]]) -> [String: Int] {
        var places: [String: Int] = [:]
        var visited: Set<String> = []
        func visit(_ service: String) {
            guard dependencies[service] != nil, visited.insert(service).inserted else { return }
            for dependency in dependencies[service, default: []].sorted() { visit(dependency) }
            places[service] = places.count
        }
        for service in dependencies.keys.sorted() { visit(service) }
        return places
    }

    /// `services` with whatever stands on them or under them.
    func related(to services: Set<String>) -> Set<String> {
        services.reduce(into: services) { related, service in
            related.formUnion(self.foundations[service] ?? [])
            related.formUnion(self.dependents[service] ?? [])
        }
    }

    /// Those of `services` that are watched, dependencies before their dependents.
    func sorted(_ services: Set<String>) -> [String] {
        services.compactMap { service in self.places[service].map { (service, $0) } }.sorted { $0.1 < $1.1 }.map(\.0)
    }
}
