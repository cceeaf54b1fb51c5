import Foundation
import Testing

/// `selfheal render-check` on a real engine: the product itself, and services that break Render's rules one by one.
@Suite("render-check", .shared)
struct RenderTests {
    @Test("finds the product as shipped well: live, out of rotation and back with its database, stopped in time")
    func shipped() async throws {
        let report = try await Rehearsed.run("\(repository)/render.yaml", "--image", LiveProject.Image.shipped.rawValue)
        #expect(report.code == 0 && report.problems.isEmpty, "\(report.text)")
        #expect(
            report.kinds(of: ["boot", "live", "outage", "rotation", "restart", "back", "stop", "exit"]) == [
                "boot", "live", "outage", "rotation", "restart", "back", "live", "stop", "exit",
            ], "\(report.text)")
        // Fifteen and sixty seconds, both from the first check that failed.
        let rotation = try #require(report.events.first { $0.kind == "rotation" })
        let restart = try #require(report.events.first { $0.kind == "restart" })
        #expect(restart.milliseconds - rotation.milliseconds == 45_000 && restart.isProjected, "\(report.text)")
    }

    @Test("tells of a service that is never well that Render would cancel its deploy at 15 minutes")
    func neverWell() async throws {
        let report = try await Rehearsed.run(stub: "sick from the start", "--patience", "4")
        #expect(report.code == 1 && report.problems.count == 1, "\(report.text)")
        #expect(report.events.contains { $0.text.contains("answers 503") }, "\(report.text)")
        let last = try #require(report.events.last)
        #expect(last.kind == "cancel" && last.milliseconds == 900_000 && last.isProjected, "\(report.text)")
    }

    @Test("takes a service that turns bad for good out of rotation, restarts it, and tells that this did not help")
    func bad() async throws {
        let report = try await Rehearsed.run(stub: "sick", hasDatabase: true, "--patience", "4")
        #expect(report.code == 1, "\(report.text)")
        #expect(report.problems.contains { $0.hasSuffix("not even restarted") }, "\(report.text)")
        let rotation = try #require(report.events.first { $0.kind == "rotation" })
        let restart = try #require(report.events.first { $0.kind == "restart" && !$0.isProjected })
        #expect(restart.milliseconds - rotation.milliseconds == 45_000, "\(report.text)")
        // It began anew.
        #expect(report.events.filter { $0.text.contains("answers 503") }.count >= 2, "\(report.text)")
    }

    @Test("tells a service that listens on the loopback address alone so, and that its deploy would be cancelled")
    func loopback() async throws {
        let report = try await Rehearsed.run(stub: "loopback")
        #expect(report.code == 1 && report.problems.count == 1, "\(report.text)")
        #expect(report.problems.first?.contains("bind 0.0.0.0:10000") == true, "\(report.text)")
        #expect(report.events.last?.kind == "cancel", "\(report.text)")
    }

    @Test("kills a service that is deaf to SIGTERM when the shutdown delay of the blueprint is over")
    func deaf() async throws {
        let report = try await Rehearsed.run(stub: "deaf")
        #expect(report.code == 1 && report.problems.count == 1, "\(report.text)")
        let stop = try #require(report.events.first { $0.kind == "stop" })
        let kill = try #require(report.events.last)
        #expect(kill.kind == "kill" && kill.milliseconds >= stop.milliseconds + 2_000, "\(report.text)")
    }

    @Test("starts a service that exits at boot again, and tells of its last words")
    func exits() async throws {
        let report = try await Rehearsed.run(stub: "exit")
        #expect(
            report.code == 1 && report.problems == ["it exits before it is healthy: it ended with code 7"],
            "\(report.text)")
        let exits = report.events.filter { $0.kind == "exit" }
        #expect(exits.count == 3 && exits.allSatisfy { $0.text.contains("code 7") && $0.text.contains("no sense") })
    }

    @Test("takes an answer that comes within 5 s for well, and one that comes later for none")
    func late() async throws {
        let well = try await Rehearsed.run(stub: "answers after 3 s")
        #expect(well.code == 0 && well.problems.isEmpty, "\(well.text)")
        let bad = try await Rehearsed.run(stub: "answers after 7 s", "--patience", "4")
        #expect(bad.code == 1 && bad.problems.count == 1, "\(bad.text)")
        #expect(bad.events.contains { $0.text.hasSuffix("does not answer within 5 s") }, "\(bad.text)")
        #expect(bad.events.last?.kind == "cancel", "\(bad.text)")
    }

    @Test("gives a service the memory of its plan and no more, and tells one that wants more so")
    func greedy() async throws {
        let report = try await Rehearsed.run(stub: "greedy")
        #expect(
            report.code == 1
                && report.problems == ["it exits before it is healthy: it was killed for using more than 512 MB"],
            "\(report.text)")
    }

    @Test("removes what it made when it is interrupted, and ends by the signal")
    func interrupted() async throws {
        let marker = "live.test=\(UUID().uuidString)"
        try await Rehearsed.inFolder(with: Rehearsed.files(Rehearsed.blueprint("", "Dockerfile"), marker)) { folder in
            let child = try Child(
                [selfheal, "render-check", "--file", "\(folder)/render.yaml"],
                environment: ProcessInfo.processInfo.environment, directory: folder, stdout: "\(folder)/out",
                stderr: "\(folder)/err")
            let name = try await eventually("the instance to be started", within: .seconds(300)) {
                let names = try await must(
                    ["docker", "ps", "--format", "{{.Names}}", "--filter", "label=\(marker)"])
                return names.split(separator: "\n").first.map(String.init)
            }
            child.signal(SIGTERM)
            #expect(try await child.end(within: .seconds(300), "the rehearsal to end") == 128 + SIGTERM)
            #expect(try await Rehearsed.leftovers(marker).isEmpty)
            let network = name.replacing("-app", with: "")
            let networks = try await must(["docker", "network", "ls", "--quiet", "--filter", "name=\(network)"])
            #expect(networks.isEmpty)
        }
    }

    @Test("names what it can't begin with, and leaves nothing behind")
    func refused() async throws {
        let bad = try await Rehearsed.run(folderWith: ["render.yaml": Rehearsed.blueprint("", "Dockerfile.missing")])
        #expect(bad.code == 31 && bad.stderr.contains("does not build"), "\(bad.text)")
        let missing = try await Rehearsed.run("/nowhere/render.yaml")
        #expect(missing.code == 30 && missing.stderr.contains("/nowhere/render.yaml"), "\(missing.text)")
    }
}

/// `selfheal render-check --full`: a minute and more of waiting for Render's limits.
@Suite("render-check in full", .idle)
struct FullRenderTests {
    @Test("waits for what it tells: out of rotation after 15 s, restarted after 60 s, and live again")
    func full() async throws {
        let report = try await Rehearsed.run(stub: "sick until restarted", hasDatabase: true, "--full")
        #expect(report.code == 0 && report.problems.isEmpty, "\(report.text)")
        #expect(
            report.kinds(of: ["boot", "live", "outage", "rotation", "restart", "back", "skip", "stop", "exit"]) == [
                "boot", "live", "outage", "rotation", "restart", "back", "live", "stop", "exit",
            ], "\(report.text)")
        #expect(!report.events.contains { $0.isProjected }, "\(report.text)")
        func time(_ kind: String) -> Int64? { report.events.last { $0.kind == kind }?.milliseconds }
        let (outage, rotation) = (try #require(time("outage")), try #require(time("rotation")))
        let (restart, back) = (try #require(time("restart")), try #require(time("back")))
        #expect(restart - rotation == 45_000 && rotation - outage >= 15_000 && back >= restart, "\(report.text)")
    }
}

/// A rehearsal that is over, its report, and the promise that nothing of it is left.
private struct Rehearsed {
    struct Event: Decodable {
        let milliseconds: Int64
        let kind: String
        let isProjected: Bool
        let text: String
    }

    let code: Int32
    let stderr: String
    let text: String
    let events: [Event]
    let problems: [String]

    /// The events of these kinds, in their order.
    func kinds(of kinds: Set<String>) -> [String] { self.events.map(\.kind).filter { kinds.contains($0) } }

    static func run(_ file: String, _ words: String...) async throws -> Rehearsed { try await self.run(file, words) }

    /// With a folder of its own.
    static func run(folderWith files: [String: String], _ words: String...) async throws -> Rehearsed {
        try await self.run(folderWith: files, words)
    }

    /// A service that answers 200 and breaks one rule.
    static func run(stub fault: String, hasDatabase: Bool = false, _ words: String...) async throws -> Rehearsed {
        var blueprint = self.blueprint(fault, "Dockerfile")
        if hasDatabase {
            blueprint +=
                "      - {key: DATABASE_URL, fromDatabase: {name: data, property: connectionString}}\n"
                + "databases: [{name: data, postgresMajorVersion: \"15\"}]\n"
        }
        let marker = "live.test=\(UUID().uuidString)"
        let report = try await self.run(folderWith: self.files(blueprint, marker), words)
        #expect(try await self.leftovers(marker).isEmpty)
        return report
    }

    /// A folder for ``run(folderWith:_:)`` whose image and containers can be found by a label.
    static func files(_ blueprint: String, _ marker: String) -> [String: String] {
        [
            "render.yaml": blueprint, "stub.pl": self.stub,
            "Dockerfile": "FROM debian:bookworm-slim\nLABEL \(marker)\nCOPY stub.pl /\nCMD [\"perl\", \"/stub.pl\"]\n",
        ]
    }

    /// Containers and images with this label.
    static func leftovers(_ marker: String) async throws -> String {
        try await must(["docker", "ps", "--all", "--quiet", "--filter", "label=\(marker)"])
            + must(["docker", "images", "--quiet", "--filter", "label=\(marker)"])
    }

    static func blueprint(_ fault: String, _ dockerfile: String) -> String {
        """
        services:
          - type: web
            name: stub
            runtime: docker
            dockerfilePath: ./\(dockerfile)
            healthCheckPath: /health
            maxShutdownDelaySeconds: 2
            envVars:
              - {key: FAULT, value: "\(fault)"}

        """
    }

    /// It turns sick after two answers, and stays so when it is restarted.
    private static let stub = #"""
        use strict;
        use IO::Socket::INET;
        my $fault = $ENV{FAULT};
        my $memory = "x";
        $memory x= 700 << 20 if $fault eq "greedy";
        if ($fault eq "exit") { print STDERR "this makes no sense\n"; exit 7 }
        $SIG{TERM} = $fault eq "deaf" ? "IGNORE" : sub { exit 0 };
        my $server = IO::Socket::INET->new(Listen => 9, ReuseAddr => 1, LocalPort => $ENV{PORT},
            LocalAddr => $fault eq "loopback" ? "127.0.0.1" : "0.0.0.0") or die $!;
        my $answers = 0;
        my $isFirst = !-e "/ran";
        open my $ran, ">", "/ran";
        while (1) {
            my $client = $server->accept or next;
            sleep $1 if $fault =~ /answers after (\d+)/;
            my $isForUs = 0;
            while (my $line = <$client>) {
                $isForUs = 1 if $line =~ /^Host: stub\.onrender\.com\r/;
                last if $line eq "\r\n";
            }
            if ($fault eq "sick" && $answers++ == 2) { open my $mark, ">", "/sick" }
            my $isSick = -e "/sick" || $fault eq "sick from the start"
                || $fault eq "sick until restarted" && $isFirst && $answers++ >= 2;
            my $status = $isSick ? "503 Bad" : $isForUs ? "200 OK" : "400 Whose";
            print $client "HTTP/1.1 $status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            close $client;
        }
        """#

    static func inFolder<Value>(
        with files: [String: String], _ body: (String) async throws -> Value
    ) async throws -> Value {
        let folder = NSTemporaryDirectory() + "live-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
        return try await body(folder)
    }

    private static func run(folderWith files: [String: String], _ words: [String]) async throws -> Rehearsed {
        try await self.inFolder(with: files) { try await self.run("\($0)/render.yaml", words) }
    }

    private static func run(_ file: String, _ words: [String]) async throws -> Rehearsed {
        struct Report: Decodable {
            let events: [Event]
            let problems: [String]
        }
        let output = try await Live.run(
            [selfheal, "render-check", "--json", "--file", file] + words, within: .seconds(600))
        let report = try? JSONDecoder().decode(Report.self, from: Data(output.stdout.utf8))
        return Rehearsed(
            code: output.code, stderr: output.stderr, text: output.text, events: report?.events ?? [],
            problems: report?.problems ?? [])
    }
}
