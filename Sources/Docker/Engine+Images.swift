import EventLoop
import HTTPClient

extension Engine {
    /// Looks at an image of this machine: `GET /images/{name}/json`.
    ///
    /// - Throws: ``EngineError/Code/notFound`` when it is not on this machine.
    public func image(_ name: String, within limit: Duration) async throws(EngineError) -> ImageDetails {
        let request = Request(method: .get, path: "/images/\(percentEncoded(name))/json")
        return try await self.decoded(ImageWire.self, from: request, by: Deadline(after: limit)).details
    }

    /// The commands that made an image, the last one first: `GET /images/{name}/history`. They may hold build arguments.
    public func imageHistory(_ name: String, within limit: Duration) async throws(EngineError) -> [String] {
        let request = Request(method: .get, path: "/images/\(percentEncoded(name))/history")
        return try await self.decoded([ImageLayerWire].self, from: request, by: Deadline(after: limit))
            .compactMap(\.CreatedBy)
    }
}
