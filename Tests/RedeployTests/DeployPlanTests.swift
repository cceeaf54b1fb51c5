import Compose
import Docker
import Testing

@testable import Redeploy

struct DeployPlanTests {
    /// What is planned for containers of these numbers, all of them right.
    private func units(_ numbers: [Int], scale: Int, image: String = "i") -> [DeployUnit] {
        let containers = numbers.map { number in
            ContainerDetails(
                id: "c\(number)", name: "p-app-\(number)",
                labels: [ComposeLabels.containerNumber: String(number), ComposeLabels.configHash: "h"], imageID: "i")
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
        #expect(self.units([1, 2], scale: 2).isEmpty && self.units([1, 2, 3], scale: 2).isEmpty)
        #expect(self.units([], scale: 0).isEmpty)
    }

    @Test("those that are there are replaced first, and one that is missing is made beside them")
    func both() {
        let units = self.units([1], scale: 2, image: "new")
        #expect(units.map(\.change) == [.replace, .create] && units.map(\.number) == [1, 2])
    }
}
