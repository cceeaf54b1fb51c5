import Compose
import Docker
import Testing

@testable import Redeploy

struct DeployPlanTests {
    /// What is planned for containers of these numbers, all of them right.
    private func units(_ numbers: [Int], scale: Int, image: String = "i", ended: Set<Int> = []) -> [DeployUnit] {
        let containers = numbers.map { number in
            ContainerDetails(
                id: "c\(number)", name: "p-app-\(number)",
                labels: [ComposeLabels.containerNumber: String(number), ComposeLabels.configHash: "h"], imageID: "i",
                state: ended.contains(number) ? .exited : .running)
        }
        let known = DeployPlan.Known(
            service: Service(), configHash: "h", image: image, filledIn: FilledInService(scale: scale),
            containers: containers)
        return DeployPlan(project: "p", services: ["app": known], probed: "app").units
    }

    @Test("what is missing of a service is made, numbered as Compose does it, and nothing when all are there")
    func missing() {
        #expect(self.units([], scale: 2).map(\.name) == ["p-app-1", "p-app-2"])
        #expect(self.units([2], scale: 2).map(\.name) == ["p-app-3"], "the one with number 1 was removed by hand")
        #expect(self.units([2], scale: 2).allSatisfy { $0.change == .create && $0.number == 3 })
        #expect(self.units([1, 2], scale: 2).isEmpty)
        #expect(self.units([], scale: 0).isEmpty)
    }

    @Test("replicas too many are removed behind all else, the last ones, or one that does not run")
    func surplus() {
        let units = self.units([1, 2, 3, 4], scale: 2)
        #expect(units.map(\.name) == ["p-app-3", "p-app-4"] && units.allSatisfy { $0.change == .remove })
        #expect(units.allSatisfy { $0.isRetired && $0.old?.standing == .running }, "an undo brings them back")
        #expect(self.units([1, 2], scale: 1, ended: [1]).map(\.name) == ["p-app-1"])
        #expect(self.units([1, 2], scale: 0).count == 2)
        let replaced = self.units([1, 2], scale: 1, image: "new")
        #expect(replaced.map(\.change) == [.replace, .remove] && replaced.map(\.number) == [1, 2])
    }

    @Test("a replica too many of a service goes when those that depend on it have proved themselves")
    func surplusLast() {
        func known(_ name: String, _ count: Int, image: String, on other: String? = nil) -> DeployPlan.Known {
            let containers = (1...count).map { number in
                ContainerDetails(
                    id: "\(name)\(number)", name: "p-\(name)-\(number)",
                    labels: [ComposeLabels.containerNumber: String(number), ComposeLabels.configHash: "h"],
                    imageID: "i")
            }
            let dependencies = other.map { [$0: Dependency(condition: .started)] } ?? [:]
            return DeployPlan.Known(
                service: Service(dependsOn: dependencies), configHash: "h", image: image, filledIn: FilledInService(),
                containers: containers)
        }
        let services = ["back": known("back", 2, image: "i"), "front": known("front", 1, image: "new", on: "back")]
        #expect(
            DeployPlan(project: "p", services: services, probed: "front").units.map(\.name) == [
                "p-front-1", "p-back-2",
            ])
    }

    @Test("those that are there are replaced first, and one that is missing is made beside them")
    func both() {
        let units = self.units([1], scale: 2, image: "new")
        #expect(units.map(\.change) == [.replace, .create] && units.map(\.number) == [1, 2])
    }
}
