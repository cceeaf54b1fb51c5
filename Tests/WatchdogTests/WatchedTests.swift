import Compose
import Testing

@testable import Watchdog

@Suite("What is watched")
struct WatchedTests {
    private let project = Project(
        name: "shop",
        services: [
            "web": Service(dependsOn: ["api": Dependency(condition: .healthy)]),
            "api": Service(dependsOn: [
                "db": Dependency(condition: .healthy), "migrate": Dependency(condition: .completed),
            ]),
            "db": Service(), "migrate": Service(dependsOn: ["db": Dependency(condition: .healthy)]),
            "other": Service(),
        ])

    private func watched(
        _ service: String, of project: Project, environment: [String: String] = [:]
    ) throws(WatchError) -> Watched {
        let environment = ["COMPOSE_FILE": "compose.yaml"].merging(environment) { $1 }
        return try Watched(try WatchSettings(Selection(service: service), environment: environment), of: project)
    }

    @Test("is the target and what it depends on, however deep, without one-shot services and without the rest")
    func closure() throws {
        let watched = try self.watched("web", of: self.project)
        #expect(watched.dependencies == ["web": ["api"], "api": ["db"], "db": []])
    }

    @Test("is also a proxy that holds the target's port, and not another one's")
    func front() throws {
        var services = self.project.services
        let needsWeb = ["web": Dependency(condition: .healthy)]
        services["edge"] = Service(dependsOn: needsWeb, labels: ["selfheal.front": "web"])
        services["side"] = Service(labels: ["selfheal.front": "other"])
        let watched = try self.watched("web", of: Project(name: "shop", services: services))
        #expect(watched.dependencies == ["edge": ["web"], "web": ["api"], "api": ["db"], "db": []])
    }

    @Test("is refused for a service that the project does not have, naming those it has")
    func unknown() {
        #expect {
            try self.watched("wbe", of: self.project)
        } throws: { error in
            guard let error = error as? WatchError else { return false }
            return error.code == .unknownService && error.message.contains("api, db, migrate, other, web")
        }
    }

    @Test(
        "keeps its state beside the compose file",
        arguments: [
            ("compose.yaml", "./.selfheal"), ("/srv/shop/compose.yaml", "/srv/shop/.selfheal"),
            ("a/b.yml", "a/.selfheal"), ("/compose.yaml", "/.selfheal"),
        ])
    func folder(file: String, folder: String) {
        #expect(StateFolder(besides: file, project: "shop").path == folder)
    }
}
