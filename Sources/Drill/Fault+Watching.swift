import EventLoop
import Glibc
import Support

extension Fault {
    private static let away: [String: Set<String>] = [Expectation.engine: ["away"]]

    /// Docker itself, seen through the door. Behind it the real engine goes on: its restart policy too.
    static let ofEngine: [Fault] = [
        Fault(
            name: "engine-stopped", title: "engine stopped, app killed meanwhile", lasts: .seconds(15),
            wanted: Expectation(
                culprit: Expectation.engine,
                causes: away.merging([Expectation.app: ["exited", "refusing"]]) { $1 },
                starts: [Expectation.app: 1], actions: [:])
        ) { scene in
            try scene.door.set(.closed)
            scene.later { try scene.door.set(.open) }
            await pause(.seconds(3))
            try await scene.signal(Expectation.app, SIGKILL)
        },
        Fault(
            name: "engine-frozen", title: "engine frozen, app frozen meanwhile", lasts: .seconds(10),
            wanted: Expectation(
                culprit: Expectation.engine, causes: away.merging([Expectation.app: ["frozen"]]) { $1 },
                starts: [Expectation.app: 1], actions: [Expectation.app: 1])
        ) { scene in
            try scene.door.set(.frozen)
            scene.later { try scene.door.set(.open) }
            try await scene.waitForLine("engine_lost", within: .seconds(45))
            try await scene.signal(Expectation.app, SIGSTOP)
        },
        Fault(
            name: "events-cut", title: "event stream cut every 2 s, app frozen", lasts: .seconds(12),
            wanted: .healed(Expectation.app, ["frozen"])
        ) { scene in
            scene.goOn {
                while !Task.isCancelled {
                    scene.door.cutEvents()
                    await pause(.seconds(2))
                }
            }
            try await scene.signal(Expectation.app, SIGSTOP)
        },
    ]

    /// The watchdog itself.
    static let ofWatchdog: [Fault] = [
        Fault(
            name: "watchdog-killed", title: "watchdog killed while it heals",
            wanted: Expectation(
                culprit: Expectation.app, causes: [Expectation.app: ["frozen"]], starts: [Expectation.app: 1],
                // One that it was killed in, and one of the next watchdog.
                actions: [Expectation.app: 2])
        ) { scene in
            try await scene.signal(Expectation.app, SIGSTOP)
            try await scene.waitForLine("detected", within: .seconds(20))
            try await scene.watchdog.killHard()
            await pause(.seconds(1))
            try await scene.watchdog.start()
        },
        Fault(
            name: "watchdog-disk-full", title: "watchdog's disk full, app frozen", needs: [.journalDisk],
            lasts: .seconds(12),
            wanted: .healed(Expectation.app, ["frozen"])
        ) { scene in
            try scene.journalDisk?.fillPage(
                of: scene.watchdog.journal, with: "time=\(Timestamp.now) event=drill_fills_the_page text=")
            try scene.journalDisk?.fill()
            scene.later {
                if !scene.watchdog.complaints.contains(where: { $0.contains("journal can't be written") }) {
                    scene.complain("the watchdog did not say that its disk is full")
                }
            }
            try await scene.signal(Expectation.app, SIGSTOP)
        },
        Fault(
            name: "watchdog-twice", title: "a second watchdog started, app frozen",
            wanted: .healed(Expectation.app, ["frozen"])
        ) { scene in
            let code = await scene.watchdog.startAnother(within: .seconds(15))
            if code != Self.alreadyRunning {
                scene.complain("the second watchdog ended with \(code.map { "\($0)" } ?? "no exit code")")
            }
            try await scene.signal(Expectation.app, SIGSTOP)
        },
    ]

    /// What a watchdog ends with when another one holds the project.
    private static let alreadyRunning: Int32 = 3

    /// The machine. The service is slow for it, and a restart would make it slower.
    static let ofHost: [Fault] = [
        Fault(
            name: "cpu-starved", title: "host's CPUs starved (nothing to heal)", lasts: .seconds(15),
            wanted: .leftAlone(naming: [Expectation.app: ["busy"]])
        ) { scene in
            let loops = 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            try await scene.goOn(nil, "for i in $(seq \(loops)); do while :; do :; done & done; wait")
        },
        Fault(
            name: "memory-pressure", title: "memory pressure (nothing to heal)", lasts: .seconds(15),
            wanted: .leftAlone(naming: [Expectation.app: ["busy"]])
        ) { scene in
            let container = try await scene.container(Expectation.app)
            let used = try ForeignProcess.anonymousMemory(of: container.pid)
            // Room for what it works on, and none for its program's pages, which come from the disk again and again.
            let limit = String(used + (8 << 20))
            try await scene.docker("update", "--memory", limit, "--memory-swap", limit, container.id)
            scene.later {
                let before = DrillProject.memoryLimit
                try await scene.docker("update", "--memory", before, "--memory-swap", before, container.id)
            }
        },
    ]
}

extension Scene {
    /// Waits for a line of the watchdog's journal that is written from now on.
    func waitForLine(_ event: String, within limit: Duration) async throws(DrillError) {
        let seen = self.watchdog.lines.count
        let deadline = Loop.now.advanced(by: limit)
        while !self.watchdog.lines.dropFirst(seen).contains(where: { $0.event == event }) {
            guard Loop.now < deadline, !Task.isCancelled else {
                throw DrillError(
                    .notInjected, "the watchdog did not write \(event) within \(limit.components.seconds) s")
            }
            await pause(.milliseconds(5))
        }
    }
}
