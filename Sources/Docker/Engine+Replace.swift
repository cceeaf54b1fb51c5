import EventLoop
import HTTPClient

/// The calls with which a deploy puts one container in the place of another.
extension Engine {
    /// Stops a container with its stop signal and kills it when `grace` has passed: `POST /containers/{id}/stop?t=`.
    /// Succeeds when it does not run.
    ///
    /// - Parameters:
    ///   - grace: rounded up to whole seconds; nil for the container's own.
    ///   - limit: larger than the grace. A stop that ran into it goes on in the engine.
    public func stop(_ id: String, grace: Duration?, within limit: Duration) async throws(EngineError) {
        let time = grace.map { max(.zero, $0).components }
        let query = time.map { [("t", "\($0.seconds + ($0.attoseconds > 0 ? 1 : 0))")] } ?? []
        let request = Request(method: .post, path: "/containers/\(percentEncoded(id))/stop", query: query)
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }

    /// Gives a container another name: `POST /containers/{id}/rename?name=`.
    public func rename(_ id: String, to name: String, within limit: Duration) async throws(EngineError) {
        let request = Request(
            method: .post, path: "/containers/\(percentEncoded(id))/rename", query: [("name", name)])
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }

    /// Removes a container that does not run: `DELETE /containers/{id}?v=`. Succeeds when there is none.
    ///
    /// - Parameter withAnonymousVolumes: whether the volumes without a name that were made with it go too. Volumes that
    ///   it was given, by name or from another container, never do.
    public func remove(
        _ id: String, withAnonymousVolumes: Bool, within limit: Duration
    ) async throws(EngineError) {
        let request = Request(
            method: .delete, path: "/containers/\(percentEncoded(id))",
            query: [("v", withAnonymousVolumes ? "1" : "0")])
        do throws(EngineError) { try await self.perform(request, by: Deadline(after: limit)) { _ in true } } catch {
            if error.code != .notFound { throw error }
        }
    }

    /// Changes when Docker itself starts the container again: `POST /containers/{id}/update`.
    public func update(
        _ id: String, restartPolicy policy: ContainerDetails.RestartPolicy, within limit: Duration
    ) async throws(EngineError) {
        let wire = UpdateWire(RestartPolicy: .init(Name: policy.name, MaximumRetryCount: policy.maximumRetries))
        let request = Request(method: .post, path: "/containers/\(percentEncoded(id))/update", json: json(wire))
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }
}

private struct UpdateWire: Encodable {
    struct Policy: Encodable {
        let Name: String
        let MaximumRetryCount: Int
    }

    let RestartPolicy: Policy
}
