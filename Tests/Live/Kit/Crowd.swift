import Foundation

/// Load as a crowd makes it: a thousand clients behind a trusted proxy. The rate limit leaves one address 100 requests a
/// second of `/health`, so a single one would measure how fast 429 is said.
enum Crowd {
    /// `TRUSTED_PROXIES` of the service that is asked: this machine, as the service sees it from inside its container.
    static let proxies = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"

    /// What `wrk` says about asking `url` for `seconds` over so many connections. Throws when any answer is not 2xx.
    ///
    /// - Parameter pid: the process on whose own network it is asked.
    static func ask(
        _ url: String, connections: Int, seconds: Int, inNetworkOf pid: pid_t = getpid()
    ) async throws -> String {
        let output = try await must(
            [
                "nsenter", "--net=/proc/\(pid)/ns/net", "wrk", "--threads", "1", "--connections", String(connections),
                "--duration", "\(seconds)s", "--script", "\(repository)/bench/backend/crowd.lua", url,
            ],
            within: .seconds(seconds + 60))
        guard output.contains("requests in"), !output.contains("Non-2xx") else {
            throw Trouble("not all was answered well: \(output)")
        }
        return output
    }
}
