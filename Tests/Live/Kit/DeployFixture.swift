import Foundation

/// A project of small servers that are built in a moment, to be deployed again and again.
enum DeployFixture {
    /// Answers every request; `MODE` says how it fails: `exit`, `sick`, `slowN` (listens after N s), `lateN` (sick after
    /// N s), `once` (ends with 0), `flap` (sick for 5 s, well for 5 s), `stopN` (takes N s to stop), `lost` (blames `db`
    /// until it is restarted, once that was sick). A file `/tmp/ill` or `/ill/now` makes any of them sick,
    /// `/dev/shm/ill` until it is restarted. There is no page `nowhere`. With the word `migrate` or `pending` it is the
    /// migration, which `MIGRATE` breaks.
    private static let server = """
        use IO::Socket::INET; use Time::HiRes; $SIG{TERM} = sub { exit 0 }; my ($mode, $began) = ($ENV{MODE}, time);
        my $word = $ARGV[0] // "";
        if ($word eq "migrate") { sleep 1; exit($ENV{MIGRATE} eq "fail" ? 3 : 0) }
        if ($word eq "pending") { print "ALTER TABLE users DROP COLUMN name;" if $ENV{MIGRATE} eq "drop"; exit 0 }
        if ($mode eq "exit") { printf "ends at %.3f\\n", Time::HiRes::time; exit 7 } exit 0 if $mode eq "once"; sleep $1 if $mode =~ /^slow(\\d+)/;
        my ($stop) = $mode =~ /^stop(\\d+)/; $SIG{TERM} = sub { sleep $stop; exit 0 } if $stop;
        my $lost; sub db { my $db = IO::Socket::INET->new(PeerAddr => "db:3000", Timeout => 1) or return 0;
            print $db "GET / HTTP/1.0\\r\\n\\r\\n"; return (<$db> // "") =~ / 200 / }
        my $listener = IO::Socket::INET->new(LocalPort => 3000, Listen => 50, ReuseAddr => 1) or die;
        while (1) {
            my $client = $listener->accept or next;
            my $asked = "";
            while (defined(my $line = <$client>)) {
                $asked ||= $line; last if $line =~ /^\\r?\\n$/;
                if ($line =~ /^User-Agent: (\\S+)/ && open my $askers, ">>", "/dev/shm/askers") { print $askers "$1\\n" }
            }
            my $ill = $mode eq "sick" || ($mode =~ /^late(\\d+)/ && time - $began >= $1) || -e "/tmp/ill" || -e "/ill/now"
                || -e "/dev/shm/ill" || ($mode eq "flap" && int((time - $began) / 5) % 2);
            $ill ||= $lost ||= $mode eq "lost" && !db();
            my $blame = $lost ? ",\\"db\\":\\"down\\"" : "";
            my $body = "{\\"version\\":\\"1\\",\\"commit\\":\\"$ENV{SAYS}\\"$blame}";
            my $status = $asked =~ /nowhere/ ? "404 Not Found" : $ill ? "503 Down" : "200 OK";
            print $client "HTTP/1.1 $status\\r\\nContent-Type: application/json\\r\\n",
                "Content-Length: ", length($body), "\\r\\nConnection: close\\r\\n\\r\\n$body"; close $client;
        }
        """

    /// `APP_MODE`, `WORKER_MODE`, … and `COMMIT` are build arguments, so that changing one makes a new image.
    private static let dockerfile = """
        FROM \(LiveProject.Image.shipped.rawValue)
        ARG COMMIT=""
        ARG SAYS=""
        ARG MODE=good
        ARG BUILD=true
        ARG MIGRATE=well
        ENV MODE=$MODE SAYS=$SAYS COMMIT=$COMMIT MIGRATE=$MIGRATE
        RUN $BUILD
        COPY server.pl /server.pl
        ENTRYPOINT ["perl", "/server.pl"]
        """

    /// Labels of a service that brings its data up to date.
    static let migration = [
        "selfheal.migrate": "perl /server.pl migrate", "selfheal.migrate.pending": "perl /server.pl pending",
    ]

    /// - Parameters:
    ///   - environment: beside what every project has, such as another engine's `DOCKER_HOST`.
    ///   - edit: what a test wants otherwise.
    static func run(
        services: [String] = ["app"], environment: [String: String] = [:],
        _ edit: (inout ComposeFile) -> Void = { _ in },
        _ body: (LiveProject) async throws -> Void
    ) async throws {
        let name = LiveProject.freshName()
        var file = ComposeFile(root: ["name": name, "services": [String: Any]()])
        for service in services {
            file["services.\(service)"] = [
                "build": [
                    "context": ".", "labels": ["live.project": name],
                    "args": [
                        "MIGRATE": "${MIGRATE:-well}",
                        "COMMIT": "${COMMIT:-}", "SAYS": "${SAYS:-${COMMIT:-}}",
                        "MODE": "${\(service.uppercased())_MODE:-good}", "BUILD": "${BUILD:-true}",
                    ],
                ],
                "restart": "always",
                "environment": ["SECRET": "${SECRET:-hidden-value}"],
                "healthcheck": [
                    "test": ["CMD", "curl", "-fsS", "http://localhost:3000/health/internal"], "interval": "1s",
                    "timeout": "3s", "retries": 3,
                ],
            ]
        }
        file["services.app.ports"] = ["127.0.0.1:${APP_PORT}:3000"]
        edit(&file)
        try await LiveProject.run(name, file, environment: environment, isStarted: false) { project in
            try Data(self.server.utf8).write(to: URL(filePath: "\(project.folder)/server.pl"))
            try Data(self.dockerfile.utf8).write(to: URL(filePath: "\(project.folder)/Dockerfile"))
            do { try await body(project) } catch {
                await self.clear(project, services)
                throw error
            }
            await self.clear(project, services)
        }
    }

    /// What the project would leave behind beside `app`.
    private static func clear(_ project: LiveProject, _ services: [String]) async {
        _ = try? await project.compose("down", "--volumes", "--remove-orphans", "--timeout", "0")
        let names = services.map { "\(project.name)-\($0)" }
        _ = try? await Live.run(["docker", "image", "rm", "--force"] + names, environment: project.environment)
    }
}

extension LiveProject {
    /// `selfheal redeploy` without a probation unless `words` say one.
    func deploy(_ words: String..., with variables: [String: String] = [:]) async throws -> Output {
        let options = words.contains { $0.hasPrefix("--probation") } ? words : words + ["--probation=0"]
        return try await Live.run(
            [Live.selfheal, "redeploy"] + options, environment: self.environment.merging(variables) { $1 },
            directory: self.folder, within: .seconds(180))
    }

    /// Changes the compose file.
    func edit(_ edit: (inout ComposeFile) -> Void) throws {
        let path = "\(self.folder)/\(LiveProject.composeFile)"
        let root = try JSONSerialization.jsonObject(with: Data(textOfFile(path).utf8)) as? [String: Any]
        var file = ComposeFile(root: root ?? [:])
        edit(&file)
        try file.write(to: path)
    }

    /// All containers of the project: name, id, state.
    func allContainers() async throws -> [String] {
        let text = try await self.docker(
            "ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.project=\(self.name)", "--format",
            "{{.Names}} {{.ID}} {{.State}}")
        return text.split(separator: "\n").map(String.init).sorted()
    }

    /// The image that the built service's name stands for.
    func image(_ service: String) async throws -> String {
        try await self.docker("image", "inspect", "--format", "{{.Id}}", "\(self.name)-\(service)")
    }
}
