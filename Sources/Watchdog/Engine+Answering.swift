public import Docker
import Support

extension Engine {
    /// - Throws: what to do about it where no engine answers within 5 s.
    public func requireAnswer() async throws(WatchError) {
        do { try await self.ping(within: .seconds(5)) } catch {
            throw WatchError(
                .engineMissing,
                "no Docker Engine answers at \(self.socketPath): \(error). "
                    + "Start it" + hint(" (scripts/up.sh does)", toScript: "scripts/up.sh")
                    + ", or point DOCKER_HOST at its unix socket.")
        }
    }
}
