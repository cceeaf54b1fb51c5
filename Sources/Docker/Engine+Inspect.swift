import EventLoop
import HTTPClient
public import Support

extension Engine {
    /// All that the engine says of a container, as it says it: `GET /containers/{id}/json`.
    ///
    /// Holds the environment (`Config.Env`), which is for looking for secrets and nothing else.
    public func inspectDocument(_ id: String, within limit: Duration) async throws(EngineError) -> JSONValue {
        let request = Request(method: .get, path: "/containers/\(percentEncoded(id))/json")
        return try await self.decoded(JSONValue.self, from: request, by: Deadline(after: limit))
    }
}
