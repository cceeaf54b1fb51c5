import Compose
import Docker
import Healing
import Support
import Testing

@testable import Watchdog

@Suite("What the engine and the service say")
struct ReadingTests {
    @Test(
        "names the parts that a health answer calls down",
        arguments: [
            (#"{"app":"ok","db":"down"}"#, ["db"]),
            (#"{"status":"fail","app":"down","db":"ok","checks":{"x":[1]}}"#, ["app"]),
            (#"{"app":"DOWN","db":"unhealthy","uptime":5}"#, ["app", "db"]),
            (#"{"status":"pass","app":"ok"}"#, []), ("Internal Server Error", []), ("[1,2]", []), ("", []),
        ])
    func sick(body: String, names: [String]) {
        #expect(HealthAnswer.sick(in: body) == names)
    }

    @Test("a service that names what no one should keep or show is quoted short, printable, and without secrets")
    func hostileNames() {
        let long = String(repeating: "x", count: 60_000)
        let body = #"{"a\n\u001b[2J b":"down","Bearer abcdef123":"down","\#(long)":"down"}"#
        #expect(
            HealthAnswer.sick(in: body)
                == ["Bearer [redacted]", "a  [2J b", String(repeating: "x", count: 64)])
        let many = "{" + (0..<1_000).map { "\"part\($0)\":\"down\"" }.joined(separator: ",") + "}"
        #expect(HealthAnswer.sick(in: many).count == 16)
    }

    @Test(
        "tells a check that failed from one that timed out and one that could not run",
        arguments: [
            (0, "ok", DockerHealth.Check.Verdict.passed), (1, "", .failed),
            (22, "curl: (22) The requested URL returned error: 503", .failed),
            (-1, "Health check exceeded timeout (5s)", .timedOut),
            (
                -1,
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"curl\": "
                    + "executable file not found in $PATH: unknown", .couldNotRun
            ), (127, "/bin/sh: 1: curl: not found\n", .couldNotRun), (1, "/bin/sh: 1: curl: not found\n", .couldNotRun),
            (126, "permission denied", .couldNotRun),
        ] as [(Int, String, DockerHealth.Check.Verdict)])
    func verdict(exitCode: Int, output: String, expected: DockerHealth.Check.Verdict) {
        let time = EngineTime(text: "", nanosecondsSince1970: 0)
        let check = ContainerHealth.Check(start: time, end: time, exitCode: exitCode, output: output)
        #expect(DockerHealth.Check.Verdict(check) == expected)
    }

    @Test(
        "knows a signal by number and by name",
        arguments: [("15", 15), ("SIGTERM", 15), ("term", 15), ("SIGINT", 2), ("9", 9), ("SIGRTMIN+3", 37)])
    func signals(text: String, number: Int) {
        #expect(Signals.number(text) == number)
    }

    @Test(
        "takes the stop grace from the container: Docker's 10 s where it has none, and long where it has no limit",
        arguments: [(nil, 10), (0, 0), (45, 45), (-1, 86_400)])
    func stopGrace(timeout: Int?, seconds: Int) {
        let details = ContainerDetails(id: "a", name: "a", stopTimeoutSeconds: timeout)
        #expect(Container(details, on: Timeline()).stopGrace == .seconds(seconds))
        #expect(Container(details, on: Timeline(), stopTimeout: .seconds(7)).stopGrace == .seconds(7))
    }

    @Test("finds what a person gave a container since it was made, and nothing else")
    func attachedByHand() {
        let service = FilledInService(networks: ["shop_default"], memoryLimit: 200 << 20, cpuLimit: 500_000_000)
        func lost(
            _ networks: Set<String> = ["shop_default"], memory: Int64 = 200 << 20, cpus: Int64 = 500_000_000,
            beside service: FilledInService
        ) -> String? {
            ContainerDetails(id: "a", name: "a", networks: networks, memoryLimit: memory, cpuLimit: cpus)
                .attachedByHand(beside: service)
        }
        #expect(lost(beside: service) == nil)
        // What was taken from it a new container has again: that is what it is made anew for.
        #expect(lost([], beside: service) == nil)
        #expect(lost(["shop_default", "extra"], beside: service)?.contains("extra") == true)
        #expect(lost(memory: 0, beside: service)?.contains("memory") == true)
        #expect(lost(cpus: 250_000_000, beside: service)?.contains("CPU") == true)
        #expect(lost([], memory: 0, cpus: 0, beside: FilledInService()) == nil)
    }

    @Test("sees errors as curl --fail does")
    func outcomes() {
        #expect(ProbeResult.Outcome(.answered(status: 200, body: "")) == .passed)
        #expect(ProbeResult.Outcome(.answered(status: 302, body: "")) == .passed)
        #expect(ProbeResult.Outcome(.answered(status: 404, body: "x")) == .answeredError(status: 404, sick: []))
        #expect(ProbeResult.Outcome(.unavailable("no")) == .inconclusive("no"))
    }

    @Test("takes the one that runs for the replica while it is being replaced, never a one-off or one run by hand")
    func replicas() {
        func summary(_ id: String, _ state: ContainerState, _ created: Int64, _ labels: [String: String] = [:])
            -> ContainerSummary
        {
            let time = EngineTime(text: "", nanosecondsSince1970: created)
            let labels = labels.merging([ComposeLabels.configHash: "1"]) { $1 }
            return ContainerSummary(id: id, name: id, labels: labels, state: state, created: time)
        }
        #expect([summary("old", .running, 1), summary("new", .created, 2)].replicas()[1]?.id == "old")
        #expect([summary("old", .exited, 1), summary("new", .created, 2)].replicas()[1]?.id == "new")
        #expect([summary("run", .running, 1, [ComposeLabels.oneoff: "True"])].replicas().isEmpty)
        let byHand = ContainerSummary(
            id: "hand", name: "hand", labels: [ComposeLabels.service: "app"], state: .running,
            created: EngineTime(text: "", nanosecondsSince1970: 3))
        #expect([summary("old", .exited, 1), byHand].replicas()[1]?.id == "old")
        let second = summary("second", .running, 1, [ComposeLabels.containerNumber: "2"])
        #expect([second].replicas().mapValues(\.id) == [2: "second"])
    }

    @Test("puts wall-clock times on the monotonic line, and never into the future")
    func timeline() {
        let timeline = Timeline()
        let minuteAgo = Timestamp(nanoseconds: Timestamp.now.nanoseconds - 60_000_000_000)
        let age = timeline.now - timeline.moment(of: minuteAgo)
        #expect(age >= .seconds(60) && age < .seconds(70))
        let ahead = Timestamp(nanoseconds: Timestamp.now.nanoseconds + 60_000_000_000)
        #expect(timeline.moment(of: ahead) <= timeline.now)
    }
}
