import EventLoop
import HTTPClient

extension Engine {
    /// Lists containers, those that do not run too: `GET /containers/json?all=1`.
    ///
    /// - Parameter labels: `name=value` or just `name`; only containers that have all of them are listed.
    public func containers(
        labels: [String], within limit: Duration
    ) async throws(EngineError) -> [ContainerSummary] {
        var request = Request(method: .get, path: "/containers/json", query: [("all", "1")])
        if !labels.isEmpty {
            request.query.append(("filters", String(decoding: json(["label": labels]), as: UTF8.self)))
        }
        let wires = try await self.decoded([SummaryWire].self, from: request, by: Deadline(after: limit))
        var summaries: [ContainerSummary] = []
        for wire in wires { summaries.append(try wire.summary()) }
        return summaries
    }

    /// Looks at one container: `GET /containers/{id}/json`.
    public func inspect(_ id: String, within limit: Duration) async throws(EngineError) -> ContainerDetails {
        let request = Request(method: .get, path: "/containers/\(percentEncoded(id))/json")
        return try await self.decoded(InspectWire.self, from: request, by: Deadline(after: limit)).details()
    }

    /// Starts a container that does not run: `POST /containers/{id}/start`. Succeeds when it runs already.
    public func start(_ id: String, within limit: Duration) async throws(EngineError) {
        let request = Request(method: .post, path: "/containers/\(percentEncoded(id))/start")
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }

    /// Stops a container with its stop signal, kills it when `grace` has passed, and starts it again, whether it ran or
    /// not: `POST /containers/{id}/restart?t=`.
    ///
    /// - Parameters:
    ///   - grace: rounded up to whole seconds; zero kills at once.
    ///   - limit: larger than `grace`. A restart that ran into it goes on in the engine.
    public func restart(_ id: String, grace: Duration, within limit: Duration) async throws(EngineError) {
        let (seconds, attoseconds) = max(.zero, grace).components
        let request = Request(
            method: .post, path: "/containers/\(percentEncoded(id))/restart",
            query: [("t", "\(seconds + (attoseconds > 0 ? 1 : 0))")])
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }
}
