import Foundation

/// A stand-in for a service, of one container: it answers on port 3000, and breaks when told to.
///
/// It is told so by files in `/switch`, a memory disk that is empty in every new run: a restart heals it.
enum StandIn {
    static let image = "debian:bookworm-slim"

    /// Planted in its environment, its log, its answers and the output of its healthcheck; to be found nowhere else.
    static let secret = "planted-\(UUID().uuidString)"
    static let token = "tok\(UInt64.random(in: 1_000_000...UInt64.max))"

    /// Sick, it answers 503 with a body that a journal could trip over: quotes, line breaks, shell, 60 KB and a token.
    private static let server = #"""
        use IO::Socket::INET; $| = 1; $SIG{TERM} = $ENV{IGNORES_TERM} ? "IGNORE" : sub { exit 0 };
        print "my secret is $ENV{PLANTED_SECRET}, Authorization: Bearer $ENV{PLANTED}\n";
        my $evil = "a \\\"quote\\\"\\n\\r\\u001b[2J \$(touch /switch/pwned) `touch /switch/pwned` Bearer $ENV{PLANTED} ";
        my $long = "x" x 60000;
        my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:3000", Listen => 64, ReuseAddr => 1) or die $!;
        while (my $client = $listener->accept) {
            while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
            my ($status, $body) = ("200 OK", "ok");
            my $sick = "{\"$evil\":\"down\",\"$long\":\"down\"}";
            ($status, $body) = ("503 Sick", $sick) if -e "/switch/sick";
            print $client "HTTP/1.1 $status\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
            close $client;
        }
        """#

    private static let check =
        #"printf 'Bearer %s "quoted"\n$(touch /switch/pwned)\n' "$PLANTED"; head -c 65536 /dev/zero | tr '\0' x; "#
        + #"exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && grep -q 200 <&3"#

    /// Runs `body` with the stand-in as service `app`, healthy.
    ///
    /// - Parameters:
    ///   - grace: its stop grace, in seconds.
    ///   - isDeaf: whether it ignores the stop signal.
    ///   - engine: where it runs; nil for everybody's.
    static func run(
        grace: Int = 2, isDeaf: Bool = false, on engine: PrivateEngine? = nil,
        _ body: (LiveProject) async throws -> Void
    ) async throws {
        let app: [String: Any] = [
            "image": self.image, "network_mode": "none", "restart": "always", "pull_policy": "never",
            "stop_grace_period": "\(grace)s", "tmpfs": ["/switch"],
            "environment": [
                "PLANTED_SECRET": self.secret, "PLANTED": self.token, "IGNORES_TERM": isDeaf ? "1" : "",
            ],
            // For Compose a dollar is a variable.
            "command": ["perl", "-e", self.server.replacing("$", with: "$$")],
            "healthcheck": [
                "test": ["CMD", "bash", "-c", self.check.replacing("$", with: "$$")], "interval": "2s", "timeout": "2s",
                "retries": 3,
            ],
        ]
        let name = LiveProject.freshName()
        let file = ComposeFile(root: ["name": name, "services": ["app": app]])
        let environment = engine.map { ["DOCKER_HOST": $0.host] } ?? [:]
        try await LiveProject.run(name, file, environment: environment, isStarted: false) { project in
            try await project.compose("up", "--detach", "--wait", "--wait-timeout", "60")
            try await body(project)
        }
    }

    static func makeSick(_ project: LiveProject) async throws {
        try await project.docker("exec", project.name(of: "app"), "touch", "/switch/sick")
    }
}
