import EventLoop

extension Engine {
    /// The newest version of the API that this module was written for.
    static nonisolated let newestVersion = "1.47"

    /// Asks whether the engine is there: `GET /_ping`.
    public func ping(within limit: Duration) async throws(EngineError) {
        let request = Request(method: .get, path: "/_ping", isVersioned: false)
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }

    /// Settles the version of the API: the engine's newest or ours, whichever is older. The header `Api-Version` of
    /// `GET /_ping` says the engine's.
    ///
    /// Every other call does this by itself when it is the first one, or the first after a failure of the connection.
    @discardableResult
    public func negotiate(within limit: Duration) async throws(EngineError) -> String {
        self.version = nil
        return try await self.negotiate(by: Deadline(after: limit))
    }

    @discardableResult
    func negotiate(by deadline: Deadline) async throws(EngineError) -> String {
        if let version = self.version { return version }
        let request = Request(method: .get, path: "/_ping", isVersioned: false)
        let complaint = Complaint()
        let transfer = self.transfer(for: request, complaint: complaint) { _ in true }
        var offered: String?
        transfer.onHeader = { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "api-version" else { return }
            offered = String(parts[1].filter { $0.isNumber || $0 == "." })
        }
        _ = try self.status(of: await transfer.run(within: deadline.remaining), request, complaint)
        guard let offered, let order = Self.versionOrder(offered) else {
            throw EngineError(.malformed, "what answers at \(self.socketPath) does not say its API version")
        }
        let isOlder = order.lexicographicallyPrecedes(Self.versionOrder(Self.newestVersion) ?? [])
        let version = isOlder ? offered : Self.newestVersion
        self.version = version
        return version
    }

    private static func versionOrder(_ version: String) -> [Int]? {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        return parts.count == 2 && !parts.contains(nil) ? parts.compactMap { $0 } : nil
    }
}
