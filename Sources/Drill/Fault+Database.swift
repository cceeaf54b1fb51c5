import EventLoop
import Glibc

extension Fault {
    /// What is true of a service whose database is away.
    private static let waiting: [String: Set<String>] = [Expectation.app: ["dependency", "answers_error"]]
    private static let ended: Set<String> = ["exited", "refusing", "unhealthy"]

    /// The database. Its client outside sees it through the service.
    static let ofDatabase: [Fault] = [
        Fault(
            name: "database-killed", title: "database killed", isForReal: true,
            wanted: .broughtBack(Expectation.database, ended, others: waiting)
        ) { try await $0.signal(Expectation.database, SIGKILL) },
        // A frozen one gets the whole of its 30 s to stop.
        Fault(
            name: "database-frozen", title: "database frozen", isForReal: true, limit: .seconds(120),
            wanted: .healed(Expectation.database, ["frozen", "unresponsive", "unhealthy"], others: waiting)
        ) { scene in
            // One whose first process alone is stopped still answers those who are connected.
            let id = try await scene.container(Expectation.database).id
            for line in try await scene.docker("top", id, "-eo", "pid").split(separator: "\n") {
                guard let pid = pid_t(line.filter(\.isNumber)), pid > 1 else { continue }
                kill(pid, SIGSTOP)
            }
        },
        Fault(
            name: "database-disk-full", title: "database's disk full", needs: [.smallDisk], lasts: .seconds(15),
            limit: .seconds(120),
            // It may end for it, and the engine may start it as often as that: a restart frees no room, so none is ours
            // but one that does not wait for the engine's next try when there is room again.
            wanted: Expectation(
                culprit: nil,
                causes: waiting.merging([Expectation.database: ended.union(["crash_loop", "disk_full"])]) { $1 },
                starts: [Expectation.database: nil], actions: [Expectation.database: 1])
        ) { scene in
            let disk = SmallDisk(path: "\(scene.project.folder)/db-disk")
            try disk.fill()
            scene.later { disk.free() }
            // What is there of the log would do for a while: each turn needs the room of another file.
            try await scene.goOn(
                Expectation.database,
                """
                for i in $(seq 12); do
                    \(Scene.psql("select pg_logical_emit_message(true, 'drill', 'x'); select pg_switch_wal()"))
                    sleep 1
                done
                """)
        },
        Fault(
            name: "slots-exhausted", title: "connection slots exhausted", lasts: .seconds(15),
            wanted: .leftAlone(naming: waiting)
        ) { scene in
            // More than there are, each asking until it has one; and who had one before loses it until all are taken.
            try await scene.goOn(
                Expectation.database,
                """
                export PGAPPNAME=drill
                for i in $(seq 110); do
                    (until \(Scene.psql("select pg_sleep(14)")) 2>/dev/null; do sleep 1; done) &
                done
                for i in $(seq 25); do
                    echo "select pg_terminate_backend(pid) from pg_stat_activity
                        where backend_type = 'client backend' and application_name <> 'drill';"
                    sleep 0.2
                done | psql -qAt -U "$POSTGRES_USER" -d "$POSTGRES_DB" >/dev/null
                wait
                """)
        },
        Fault(
            name: "table-locked", title: "table locked (nothing to heal)", lasts: .seconds(12), wanted: .leftAlone()
        ) { scene in
            try await scene.goOn(
                Expectation.database,
                Scene.psql("begin; lock table users, games; select pg_sleep(10); commit"))
        },
        Fault(
            name: "database-restarted", title: "database restarted under load, by a person", isForReal: true,
            wanted: Expectation(
                culprit: nil, causes: waiting.merging([Expectation.database: ["exited"]]) { $1 },
                starts: [Expectation.database: 1], actions: [:])
        ) { scene in
            try await scene.docker("restart", try await scene.container(Expectation.database).id)
        },
    ]
}
