import Compose
import Healing
import Testing

@testable import Watchdog

@Suite("Whose containers are watched")
struct ScopeTests {
    private let made = [
        ComposeLabels.project: "shop", ComposeLabels.service: "web", ComposeLabels.containerNumber: "2",
        ComposeLabels.configHash: "1",
    ]

    @Test("in a project: its replicas, and nothing of another project")
    func project() {
        let scope = Scope.project("shop")
        #expect(scope.identity(self.made, name: "shop-web-2") == ServiceID("web", replica: 2))
        let other = self.made.merging([ComposeLabels.project: "shop2"]) { $1 }
        #expect(scope.identity(other, name: "shop2-web-2") == nil)
        #expect(scope.identity(["autoheal": "true"], name: "x") == nil)
    }

    @Test(
        "by a label: those whose label says true in any spelling, and nothing else",
        arguments: [
            ("true", true), ("True", true), ("1", true), ("yes", true), ("false", false), ("", false), ("x", false),
        ])
    func label(value: String, isOurs: Bool) {
        let id = Scope.label("autoheal").identity(["autoheal": value], name: "job")
        #expect(id == (isOurs ? ServiceID("job") : nil))
        #expect(Scope.label("autoheal").identity(["heal": value], name: "job") == nil)
    }

    @Test("by a label: a container of Compose is its service, so that it keeps its backoff when it is made anew")
    func identity() {
        let labels = self.made.merging(["autoheal": "true"]) { $1 }
        let id = Scope.label("autoheal").identity(labels, name: "4fb1_shop-web-2")
        #expect(id == ServiceID("shop/web", replica: 2))
        #expect(
            Scope.label("autoheal").filter(of: "shop/web")
                == ["autoheal", "\(ComposeLabels.project)=shop", "\(ComposeLabels.service)=web"])
        #expect(Scope.label("autoheal").filter(of: "job") == nil)
    }

    @Test("every container but those that opt out")
    func everyContainer() {
        #expect(Scope.everyContainer.identity([:], name: "job") == ServiceID("job"))
        #expect(Scope.everyContainer.identity(["selfheal.enable": "No"], name: "job") == nil)
        let both = ["autoheal": "true", "selfheal.enable": "false"]
        #expect(Scope.label("autoheal").identity(both, name: "job") == nil)
    }

    @Test("and what they depend on comes from what Compose wrote into their labels")
    func dependencies() {
        let labels = self.made.merging([
            ComposeLabels.dependsOn: "db:service_healthy:false,migrate:service_completed_successfully:false"
        ]) { $1 }
        #expect(Scope.dependencies(labels) == ["shop/db"])
        #expect(Scope.dependencies([:]) == [])
    }
}
