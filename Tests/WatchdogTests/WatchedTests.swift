import Compose
import Foundation
import Support
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

    @Test("is every service with *, without one-shot services and without those that opt out")
    func all() throws {
        var services = self.project.services
        services["metrics"] = Service(labels: ["selfheal.enable": "off"])
        let watched = try self.watched("*", of: Project(name: "shop", services: services))
        #expect(watched.dependencies == ["web": ["api"], "api": ["db"], "db": [], "other": []])
        #expect(watched.target == nil && watched.services.values.allSatisfy { $0.settings.healthURL == nil })
    }

    @Test("is a service that opts out only for the sake of one that depends on it, and then never touched")
    func optedOut() throws {
        var services = self.project.services
        services["db"] = Service(labels: ["selfheal.enable": "false"])
        let watched = try self.watched("*", of: Project(name: "shop", services: services))
        #expect(watched.services["db"]?.settings.policy.isHandsOff == true)
        #expect(watched.services["api"]?.dependencies == ["db"])
        #expect(throws: WatchError.self) { try self.watched("db", of: Project(name: "shop", services: services)) }
    }

    @Test("is asked at HEALTH_URL where it was named, and else at its label's address")
    func healthURL() throws {
        var services = self.project.services
        services["db"] = Service(labels: ["selfheal.health-url": "http://localhost:9/db"])
        services["web"] = Service(labels: ["selfheal.health-url": "http://localhost:8/web"])
        let project = Project(name: "shop", services: services)
        func url(_ service: String, of watched: Watched) -> String? {
            watched.services[service]?.settings.healthURL?.value.description
        }
        let named = try self.watched("web", of: project)
        #expect(url("web", of: named) == "http://localhost:8/web")
        #expect(url("db", of: try self.watched("*", of: project)) == "http://localhost:9/db")
        let told = try self.watched("web", of: project, environment: ["HEALTH_URL": "http://localhost:7/"])
        #expect(url("web", of: told) == "http://localhost:7/")
        #expect(url("other", of: try self.watched("other", of: project)) == "http://localhost:3000/health/internal")
        let all = try self.watched("*", of: project, environment: ["HEALTH_URL": "http://localhost:7/"])
        #expect(all.warnings.contains { $0.contains("HEALTH_URL") } && url("web", of: all) == "http://localhost:8/web")
    }

    @Test("is refused with all malformed labels of what is watched, and not for those of other services")
    func malformedLabels() throws {
        var services = self.project.services
        services["db"] = Service(labels: ["selfheal.interval": "x", "selfheal.retries": "y"])
        let project = Project(name: "shop", services: services)
        #expect {
            try self.watched("*", of: project)
        } throws: { error in
            guard let error = error as? WatchError, error.code == .malformedSettings else { return false }
            return ["db", "selfheal.interval", "selfheal.retries"].allSatisfy { error.message.contains($0) }
        }
        _ = try self.watched("other", of: project)
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

    @Test("is to who only looks what the running watchdog watches, or all where none runs and there is no app")
    func toLook() throws {
        let settings = try WatchSettings(environment: [:])
        let withApp = Project(name: "shop", services: ["app": Service(), "web": Service()])
        func found(_ settings: WatchSettings, _ project: Project, _ running: Selection?) -> Selection {
            settings.toLook(at: project, watchedFor: running).selection
        }
        #expect(found(settings, self.project, nil) == .all)
        #expect(found(settings, withApp, nil) == .service("app"))
        #expect(found(settings, withApp, .all) == .all)
        #expect(found(settings, self.project, .service("web")) == .service("web"))
        // It was taken out of the file since.
        #expect(found(settings, withApp, .service("gone")) == .all)
        // What somebody asks for goes before.
        let named = try WatchSettings(environment: ["SERVICE_NAME": "web"])
        #expect(found(named, withApp, .all) == .service("web"))
        #expect(found(named, Project(name: "shop", services: [:]), nil) == .service("web"))
        #expect(found(try WatchSettings(.all, environment: [:]), withApp, .service("web")) == .all)
    }

    @Test("is told by the lock of the watchdog that runs", arguments: ["web", "*"])
    func running(service: String) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        let folder = StateFolder(besides: ComposeFiles("\(root)/compose.yaml"), project: "shop")
        folder.make()
        #expect(Watched.selectionOfRunning(in: folder) == nil)
        let lock = try FileLock(path: folder.watchLock)
        // One of an older version does not tell.
        #expect(Watched.selectionOfRunning(in: folder) == nil)
        lock.describe(try self.watched(service, of: self.project).lockDescription)
        #expect(Watched.selectionOfRunning(in: folder) == Selection(service: service))
        withExtendedLifetime(lock) {}
    }

    @Test(
        "keeps its state beside the compose file",
        arguments: [
            ("compose.yaml", "./.selfheal"), ("/srv/shop/compose.yaml", "/srv/shop/.selfheal"),
            ("a/b.yml", "a/.selfheal"), ("/compose.yaml", "/.selfheal"),
        ])
    func folder(file: String, folder: String) {
        #expect(StateFolder(besides: ComposeFiles(file), project: "shop").path == folder)
    }
}
