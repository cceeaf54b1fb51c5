import EventLoop
import Glibc

extension Fault {
    private static let unresponsive: Set<String> = ["unresponsive", "stuck", "busy"]
    /// A process that is on its way up again may refuse before it is seen to have ended.
    private static let ended: Set<String> = ["exited", "refusing"]
    /// The database is well and the service does not reach it: all that can help from here is one restart.
    private static let withoutDatabase = Expectation.healed(Expectation.app, ["dependency", "answers_error"])

    /// The process of the service that serves.
    static let ofProcess: [Fault] = [
        Fault(name: "killed", title: "process killed", isForReal: true, wanted: .broughtBack(Expectation.app, ended)) {
            try await $0.signal(Expectation.app, SIGKILL)
        },
        Fault(name: "segfault", title: "SIGSEGV", needs: [.switches], wanted: .broughtBack(Expectation.app, ended)) {
            try await $0.throwSwitch("segfault")
        },
        // Somebody's SIGTERM past the engine: it stops as it should, and nobody wanted it to.
        Fault(name: "exit-0", title: "exit 0", isForReal: true, wanted: .broughtBack(Expectation.app, ended)) {
            try await $0.signal(Expectation.app, SIGTERM)
        },
        Fault(name: "exit-1", title: "exit 1", needs: [.switches], wanted: .broughtBack(Expectation.app, ended)) {
            try await $0.throwSwitch("exit?code=1")
        },
        Fault(name: "frozen", title: "frozen (SIGSTOP)", isForReal: true, wanted: .healed(Expectation.app, ["frozen"]))
        {
            try await $0.signal(Expectation.app, SIGSTOP)
        },
        // Where the machine is so busy that the watchdog waits, the process ends itself first.
        Fault(
            name: "spinning", title: "event loop spinning", needs: [.switches],
            wanted: .healed(Expectation.app, unresponsive.union(ended))
        ) { try await $0.throwSwitch("spin") },
        Fault(
            name: "deadlocked", title: "deadlocked", needs: [.switches],
            wanted: .healed(Expectation.app, unresponsive.union(ended))
        ) { try await $0.throwSwitch("deadlock") },
        Fault(
            name: "hanging", title: "accepts but never answers", needs: [.switches],
            wanted: .healed(Expectation.app, unresponsive)
        ) { try await $0.throwSwitch("hang") },
        Fault(
            name: "deaf", title: "listener closed", needs: [.switches], wanted: .healed(Expectation.app, ["refusing"])
        ) { try await $0.throwSwitch("close") },
        Fault(
            name: "sick", title: "answers 503", needs: [.switches], path: "/health/internal",
            wanted: .healed(Expectation.app, ["answers_error", "unhealthy"])
        ) { try await $0.throwSwitch("sick") },
        Fault(
            name: "slow", title: "answers slowly (3 s)", needs: [.switches],
            wanted: .healed(Expectation.app, unresponsive)
        ) { try await $0.throwSwitch("slow?ms=3000") },
        Fault(
            name: "leaking", title: "leaks until the OOM killer comes", needs: [.switches],
            wanted: .broughtBack(Expectation.app, ["out_of_memory"])
        ) { try await $0.throwSwitch("leak") },
        Fault(
            name: "no-descriptors", title: "out of file descriptors",
            wanted: .healed(Expectation.app, unresponsive)
        ) { scene in
            // What is open stays open, and nothing new can be. As the process's own user, who needs no right for that.
            try await scene.shell(Expectation.app, "prlimit --pid 1 --nofile=3:3")
        },
        Fault(
            name: "container-disk-full", title: "container's disk full (nothing to heal)", lasts: .seconds(10),
            wanted: .leftAlone()
        ) { scene in
            try await scene.shell(Expectation.app, "cat /dev/zero > /tmp/full 2>/dev/null; test -s /tmp/full")
            scene.later { try await scene.shell(Expectation.app, "rm /tmp/full") }
        },
    ]

    /// Images that are no good, as a person starts them with `docker compose up`.
    static let ofImage: [Fault] = [
        Fault(
            name: "crash-at-start", title: "crash at start (new image)", needs: [.switches], limit: .seconds(240),
            wanted: Expectation(
                culprit: Expectation.app, causes: [Expectation.app: ["crash_loop", "exited"]],
                starts: [Expectation.app: nil], actions: [Expectation.app: 6])
        ) { try await $0.startImage(failing: "exit") },
        Fault(
            name: "never-healthy", title: "image that never gets healthy", needs: [.switches],
            path: "/health/internal", limit: .seconds(300),
            wanted: Expectation(
                culprit: Expectation.app, causes: [Expectation.app: ["answers_error", "unhealthy"]],
                starts: [Expectation.app: 7], actions: [Expectation.app: 6])
        ) { try await $0.startImage(failing: "sick") },
    ]

    /// What is between the service and its database.
    static let ofNetwork: [Fault] = [
        Fault(
            name: "network-cut", title: "network cut from its database", lasts: .seconds(15),
            wanted: withoutDatabase
        ) { scene in
            let container = try await scene.container(Expectation.database)
            let network = container.networkMode
            try await scene.docker("network", "disconnect", network, container.id)
            let name = try scene.service(Expectation.database)
            scene.later { try await scene.docker("network", "connect", "--alias", name, network, container.id) }
        },
        Fault(
            name: "dns-gone", title: "DNS gone", lasts: .seconds(15),
            wanted: withoutDatabase
        ) { scene in
            // A file for the container alone, which outlives a restart.
            let file = try await scene.docker(
                "inspect", "--format", "{{.ResolvConfPath}}", try await scene.container(Expectation.app).id)
            guard let text = TextFile.read(file), TextFile.write("nameserver 127.0.0.9\n", to: file) else {
                throw DrillError(.notInjected, "\(file) can't be changed")
            }
            scene.later {
                guard TextFile.write(text, to: file) else { throw DrillError(.notInjected, "\(file)") }
            }
            // Names are asked for when connections are made.
            try await scene.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where backend_type = 'client backend' and pid <> pg_backend_pid()")
        },
    ]
}

extension Scene {
    /// Puts an image that fails from the start in the place of the good one, and starts it.
    func startImage(failing how: String) async throws {
        let (project, image) = (self.project, self.project.image)
        let good = try await self.docker("image", "inspect", "--format", "{{.Id}}", image)
        let file = "\(project.folder)/Dockerfile"
        guard TextFile.write("FROM \(image)\nENV FAULT_AT_START=\(how)\n", to: file) else {
            throw DrillError(.notInjected, "\(file) can't be written")
        }
        self.later { try await self.docker("tag", good, image) }
        try await must("docker", ["build", "--quiet", "--tag", image, "--file", file, project.folder])
        try await project.compose(["up", "--detach", "--no-deps", "--no-build", project.app])
    }
}
