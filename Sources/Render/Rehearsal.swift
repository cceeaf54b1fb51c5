public import Docker
public import EventLoop
import Glibc

/// Runs an image the way Render would, and tells what Render would do with it: boot, an outage of the database, stop.
///
/// Health checks go out every second where Render's go out "every few seconds". Unless it is full, waits end where the
/// rules already tell how they would end; such steps are marked.
@Loop
public final class Rehearsal {
    public struct Options: Sendable {
        /// What to run; nil to build the Dockerfile of the blueprint.
        public var image: String?
        /// Nil for the blueprint's.
        public var plan: RenderRules.Plan?
        /// How long something that fails is watched before the rules tell how it ends.
        public var patience = Duration.seconds(120)
        /// Whether every limit is waited for at its real length, whatever the patience.
        public var isFull = false

        public nonisolated init() {}
    }

    /// How long a service may listen where Render can't reach it before that is taken for its final word.
    static let misboundPatience = Duration.seconds(10)
    /// How many times one that ends by itself is started before the rules tell the rest.
    static let startsWatched = 3
    /// How long the health path may take to tell of an outage.
    static let outageNotice = Duration.seconds(10)
    /// How long it may take to serve again after the outage or the restart, when every limit is waited for.
    static let recoveryPatience = Duration.seconds(300)
    static let pause = Duration.seconds(1)

    let service: Blueprint.Service
    let databases: [Blueprint.Database]
    let folder: String
    let options: Options
    let world: RehearsalWorld
    let plan: RenderRules.Plan
    let say: (String) -> Void

    var instance: RenderInstance
    var report: RehearsalReport
    var began = Loop.now
    var clock = RehearsalClock()
    var app = ""
    var database: String?
    var port = 0
    /// What the last check said, so that only changes are told.
    var lastCheck = ""
    /// How many times the instance was started, and how many of these because it failed for too long.
    var starts = 1
    var restarts = 0
    /// How much of the instance's time was not waited for.
    private var skipped = Duration.zero

    /// - Parameters:
    ///   - folder: where the blueprint lies; its paths count from there.
    ///   - environment: what the docker command gets.
    ///   - say: gets each line of the time line as it happens.
    public init(
        _ blueprint: Blueprint, _ service: Blueprint.Service, folder: String, options: Options, engine: Engine,
        environment: [String: String], say: @escaping (String) -> Void
    ) {
        self.service = service
        self.databases = blueprint.databases
        self.folder = folder
        self.options = options
        self.plan = options.plan ?? service.plan
        self.world = RehearsalWorld(engine: engine, environment: environment)
        self.say = say
        self.instance = RenderInstance(shutdownDelay: service.shutdownDelay)
        self.report = RehearsalReport(
            service: service.name, image: options.image ?? "built from \(service.dockerfile)", plan: self.plan.name,
            healthCheckPath: service.healthCheckPath, shutdownSeconds: service.shutdownDelay.components.seconds,
            isCompressed: !options.isFull, notes: service.notes)
    }

    /// Rehearses, and removes all that it made, whatever happens.
    public func run() async throws(RenderError) -> RehearsalReport {
        let result: Result<Void, RenderError>
        do {
            try await self.rehearse()
            result = .success(())
        } catch { result = .failure(error) }
        let left = await self.world.remove()
        if !left.isEmpty { self.say("could not be removed, remove it yourself: \(left)") }
        try result.get()
        return self.report
    }

    private func rehearse() async throws(RenderError) {
        self.announce()
        try await self.prepare()
        guard try await self.boot() else { return }
        if let database = self.database { try await self.outage(of: database) }
        try await self.stop()
    }

    private func announce() {
        self.say(
            "\(self.service.name) as Render would run it, plan \(self.plan.name): \(self.plan.cpus) CPU, "
                + "\(self.plan.megabytes) MB, health path \(self.service.healthCheckPath ?? "none (only the port)")")
        if !self.options.isFull {
            self.say("time is compressed: what the rules tell without waiting is not waited for (--full waits)")
        }
    }

    // MARK: Setting up

    private func prepare() async throws(RenderError) {
        if self.service.healthCheckPath == nil {
            self.report.notes.append("without healthCheckPath Render only sees whether the port is open")
        }
        for note in self.report.notes { self.say("note: \(note)") }
        var image = self.options.image ?? ""
        if image.isEmpty {
            self.say("building \(self.service.dockerfile) …")
            image = try await self.world.build(
                dockerfile: "\(self.folder)/\(self.service.dockerfile)",
                context: "\(self.folder)/\(self.service.context)")
        }
        let variables = RehearsalVariables(self.service, databases: self.databases)
        try await self.world.makeNetwork()
        if let database = variables.database {
            self.database = try await self.startDatabase(database, variables.databaseVariables)
        }
        var cpus = self.plan.cpus
        let processors = Double(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        if cpus > processors {
            cpus = processors
            self.say("note: this machine has \(Int(processors)) CPU, fewer than the plan")
        }
        self.began = self.clock.now()
        self.app = try await self.world.run(
            "app", image,
            options: [
                "--publish", "127.0.0.1::\(RenderRules.port)", "--memory", "\(self.plan.megabytes)m",
                "--memory-swap", "\(self.plan.megabytes)m", "--cpus", "\(cpus)",
                // Render knows only its own checks.
                "--no-healthcheck",
            ], variables: variables.service)
        self.port = try await self.world.publishedPort(self.app, RenderRules.port) ?? 0
        self.tell(.boot, "the instance is started with PORT=\(RenderRules.port); it gets no traffic yet")
    }

    private func startDatabase(
        _ database: Blueprint.Database, _ variables: [String: String]
    ) async throws(RenderError) -> String {
        self.say("starting a throw-away postgres:\(database.majorVersion) …")
        let id = try await self.world.run(
            RehearsalVariables.databaseHost, "postgres:\(database.majorVersion)",
            options: ["--tmpfs", "/var/lib/postgresql/data", "--shm-size", "128m"], variables: variables)
        let end = self.clock.now().advanced(by: .seconds(120))
        while true {
            do {
                try await self.world.docker(["exec", id, "pg_isready", "-q", "-h", "127.0.0.1"])
                return id
            } catch  where error.code == .interrupted || self.clock.now() >= end {
                throw error
            } catch { try await self.sleep(.milliseconds(300)) }
        }
    }

    // MARK: Time

    /// In the instance's time: since its start.
    var now: Duration { self.began.duration(to: self.clock.now()) + self.skipped }

    /// Nil where every limit is waited for.
    var patience: Duration? { self.options.isFull ? nil : self.options.patience }

    /// Goes on at `due` when nothing is expected to change until then.
    func skip(to due: Duration) {
        guard due > self.now else { return }
        let seconds = (due - self.now).components.seconds
        self.skipped += due - self.now
        self.tell(.skip, "nothing changes, so \(seconds) s are not waited for")
    }

    func sleep(_ duration: Duration) async throws(RenderError) {
        do { try await self.clock.sleep(duration) } catch { throw RenderError(.interrupted, "interrupted") }
    }
}
