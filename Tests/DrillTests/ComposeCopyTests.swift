import FoundationEssentials
import Support
import Testing

@testable import Drill

@Suite("a copy of a compose file")
struct ComposeCopyTests {
    private static let service = #""image": "i", "container_name": "shop", "ports": ["3000:3000"]"#

    /// - Parameters:
    ///   - app: more of the service `app`.
    ///   - volume: more of the volume `data`.
    ///   - network: more of the network `default`.
    private func copy(app: String = "", volume: String = "", network: String = "") throws -> ComposeCopy {
        let text = """
            {"name": "shop", "services": {
                "app": {\(Self.service), "depends_on": {
                    "seed": {"condition": "service_completed_successfully"}, "db": {"condition": "service_healthy"}
                }\(app)},
                "db": {\(Self.service), "volumes": [{"type": "volume", "source": "data", "target": "/data"}]}, "seed": {}
            },
            "volumes": {"data": {"name": "shop_data"\(volume)}},
            "networks": {"default": {"name": "shop_default"\(network)}}}
            """
        return try ComposeCopy(of: text, app: "app", as: "drill")
    }

    @Test("has none of the names and ports that the real project has, and knows which service is the database")
    func own() throws {
        let copy = try self.copy()
        #expect(copy.root["name"] == "drill" && copy.app == "app" && copy.database == "db")
        for service in ["app", "db"] {
            let members = copy.root["services"]?[service]
            #expect(members?["image"] == "i" && members?["container_name"] == nil && members?["ports"] == nil)
        }
        #expect(copy.root["volumes"]?["data"] == [:] && copy.root["networks"]?["default"] == [:])
    }

    @Test(
        "is refused where it would write to a folder of this machine",
        arguments: [
            (#"{"type": "bind", "source": "/srv/shop", "target": "/data"}"#, "/srv/shop"),
            (#""./data:/data""#, "./data"), (#""~/data:/data""#, "~/data"),
        ])
    func writes(mount: String, words: String) {
        self.expectRefusal(words) { try self.copy(app: ", \"volumes\": [\(mount)]") }
    }

    @Test("is refused where a volume or network is one that others have too")
    func external() {
        let external = #", "external": true"#
        self.expectRefusal("volumes \"data\" is external") { try self.copy(volume: external) }
        self.expectRefusal("networks \"default\" is external") { try self.copy(network: external) }
    }

    private func expectRefusal(_ words: String, _ body: () throws -> ComposeCopy) {
        let error = #expect(throws: DrillError.self) { _ = try body() }
        #expect(error?.code == .notBegun && error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(
        "may read from a folder of this machine",
        arguments: [
            #"{"type": "bind", "source": "/srv", "target": "/data", "read_only": true}"#, #""./data:/data:ro""#,
        ])
    func reads(mount: String) throws {
        #expect(try self.copy(app: ", \"volumes\": [\(mount)]").root["services"]?["app"]?["volumes"] != nil)
    }

    @Test("has the drill's variables and build arguments beside the file's own, where there are none too")
    func changed() throws {
        var copy = try self.copy(app: #", "build": {"args": {"A": "1"}}, "environment": {"B": "2"}"#)
        for service in ["app", "db"] {
            copy.setVariable("C", of: service, to: "3")
            copy.setBuildArgument("D", of: service, to: "4")
        }
        let services = copy.root["services"]
        #expect(services?["app"]?["environment"] == ["B": "2", "C": "3"])
        #expect(services?["db"]?["environment"] == ["C": "3"])
        #expect(services?["app"]?["build"]?["args"] == ["A": "1", "D": "4"] && !copy.isBuilt("db"))
    }

    @Test("puts the volumes of a service on a folder, and no other mount of it")
    func bound() throws {
        var copy = try self.copy()
        copy.bindVolumes(of: "db", to: "/tmp/small")
        #expect(copy.root["volumes"]?["data"]?["driver_opts"]?["device"] == "/tmp/small")
        copy.bindVolumes(of: "app", to: "/tmp/other")
        #expect(copy.root["volumes"]?.members.count == 1)
    }
}
