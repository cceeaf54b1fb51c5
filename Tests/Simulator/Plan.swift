import Healing
import Support

/// Which services a simulated project has, and what they have to do with each other.
struct Plan {
    var ids: [ServiceID]
    var dependencies: [String: [String]]
    var relations: [String: Relations] = ["app": Relations(isBuilt: true)]

    static func drawn(_ random: inout SplitMix64) -> Plan {
        switch random.milliseconds(0...9) {
        case 0:
            return Plan(
                ids: ["db", "api", "app"].map { ServiceID($0) },
                dependencies: ["app": ["api"], "api": ["db"], "db": []])
        case 1:
            let replicas = random.chance(0.3) ? 2 : 1
            return Plan(
                ids: [ServiceID("db")] + (1...replicas).map { ServiceID("app", replica: $0) },
                dependencies: ["app": ["db"], "db": []], relations: ["app": Relations(restartsWith: ["db"])])
        case 3:
            return Plan(
                ids: ["db", "app", "side"].map { ServiceID($0) },
                dependencies: ["app": ["db"], "side": ["app"], "db": []],
                relations: ["app": Relations(isBuilt: true), "side": Relations(networkOf: "app")])
        case 2:
            let others = (1...5).map { "s\($0)" }
            return Plan(
                ids: (["app"] + others).map { ServiceID($0) },
                dependencies: Dictionary(uniqueKeysWithValues: (["app"] + others).map { ($0, []) }))
        default:
            let replicas = random.chance(0.3) ? 2 : 1
            return Plan(
                ids: [ServiceID("db")] + (1...replicas).map { ServiceID("app", replica: $0) },
                dependencies: ["app": ["db"], "db": []])
        }
    }
}
