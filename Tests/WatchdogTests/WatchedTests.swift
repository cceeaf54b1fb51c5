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

    @Test("is the target and what it depends on, however deep, without one-shot services and without the rest")
    func closure() throws {
        let watched = try Watched("web", of: self.project, composeFile: "compose.yaml")
        #expect(watched.dependencies == ["web": ["api"], "api": ["db"], "db": []])
    }

    @Test("is refused for a service that the project does not have, naming those it has")
    func unknown() {
        #expect {
            try Watched("wbe", of: self.project, composeFile: "compose.yaml")
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
