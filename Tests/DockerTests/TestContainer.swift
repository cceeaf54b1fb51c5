import Docker
import EventLoop
import Glibc
import Support
import Testing

/// A container of the real engine, made for one test and removed by its id.
@Loop
struct TestContainer {
    nonisolated static let socketPath = "/var/run/docker.sock"
    nonisolated static let isEngineThere = access(Self.socketPath, R_OK | W_OK) == 0

    let id: String
    /// A label that only this container has.
    let label: String

    /// Runs `body` with a container of `command`, started with `docker run --detach` and `options`.
    static func with<Result>(
        _ options: [String] = [], _ command: [String], _ body: @Loop (TestContainer) async throws -> Result
    ) async throws -> Result {
        let label = "selfheal.test=\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let arguments = ["run", "--detach", "--label", label] + options + ["debian:bookworm-slim"] + command
        let run = try await Subprocess("docker", arguments).output(within: .seconds(60))
        try #require(run.exit == .exited(0), "\(run.stderr)")
        let container = TestContainer(id: String(run.stdout.dropLast()), label: label)
        do {
            let result = try await body(container)
            await container.remove()
            return result
        } catch {
            await container.remove()
            throw error
        }
    }

    private func remove() async {
        _ = try? await Subprocess("docker", ["rm", "--force", "--volumes", self.id]).output(within: .seconds(60))
    }

    /// A web server on localhost, port 3000, which answers as the path says: `/status/N`, `/garbage`, `/reset`,
    /// `/endless`, `/slow`.
    nonisolated static let webServer = [
        "perl", "-MIO::Socket::INET", "-e",
        """
        $SIG{PIPE} = 'IGNORE'; $SIG{TERM} = sub { exit 0 };
        $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 3000, Listen => 128, ReuseAddr => 1) or die;
        while ($c = $s->accept) {
            $p = (split ' ', <$c>)[1]; while (<$c>) { $h = $1 if /^Host: (.*?)\\r/; last if /^\\r?$/ }
            if ($p =~ m{/status/(\\d+)}) { print $c "HTTP/1.1 $1 X\\r\\nContent-Length: @{[length $h]}\\r\\n\\r\\n$h" }
            elsif ($p eq '/garbage') { print $c "nonsense\\n" }
            elsif ($p eq '/reset') { setsockopt($c, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) }
            elsif ($p eq '/end') { exit 1 }
            elsif ($p eq '/half') { print $c "HTTP/1.1 200 X\\r\\nContent-Length: 9\\r\\n\\r\\nx" }
            elsif ($p eq '/endless') { print $c "HTTP/1.1 200 X\\r\\n\\r\\n"; 1 while print $c 'x' x 4096 }
            close $c;
        }
        """,
    ]

    /// Asks again and again until `body` gives something. Fails the test when that takes longer than `limit`.
    static func eventually<Value>(
        within limit: Duration = .seconds(20), _ body: @Loop () async throws -> Value?
    ) async throws -> Value {
        let end = Loop.now.advanced(by: limit)
        while Loop.now < end {
            if let value = try await body() { return value }
            try await Loop.sleep(for: .milliseconds(20))
        }
        return try #require(nil as Value?, "it did not happen within \(limit)")
    }
}
