import EventLoop
import HTTPClient
import Support

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

    /// Hands over an image with all its layers, as a tar of tars, piece by piece: `GET /images/{name}/get`. Hundreds of
    /// megabytes; the engine writes them to its disk first.
    public func save(
        _ name: String, within limit: Duration, onBytes: @escaping (UnsafeRawBufferPointer) -> Void
    ) async throws(EngineError) {
        let request = Request(method: .get, path: "/images/\(percentEncoded(name))/get")
        try await self.perform(request, by: Deadline(after: limit)) { bytes in
            onBytes(bytes)
            return true
        }
    }

    /// The id of the image that `reference` (a tag, a digest or an id) stands for, such as `sha256:…`; nil when there is
    /// none: `GET /images/{name}/json`.
    public func imageID(_ reference: String, within limit: Duration) async throws(EngineError) -> String? {
        struct Wire: Decodable { let Id: String }
        let request = Request(method: .get, path: "/images/\(percentEncoded(reference))/json")
        do {
            return try await self.decoded(Wire.self, from: request, by: Deadline(after: limit)).Id
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Lets `repository:tag` stand for `image`, whatever it stood for before: `POST /images/{name}/tag`.
    public func tag(
        _ image: String, as repository: String, tag: String, within limit: Duration
    ) async throws(EngineError) {
        let request = Request(
            method: .post, path: "/images/\(percentEncoded(image))/tag", query: [("repo", repository), ("tag", tag)])
        try await self.perform(request, by: Deadline(after: limit)) { _ in true }
    }

    /// Makes a container of `image` that is never to be started, so that no pruning of images takes it:
    /// `POST /containers/create`. Nothing happens where there is one of that name.
    ///
    /// - Parameter labels: over those that the image itself gives to its containers.
    public func hold(
        _ image: String, as name: String, labels: [String: String], within limit: Duration
    ) async throws(EngineError) {
        let body: JSONValue = [
            // Without a command the engine refuses an image that has none.
            "Image": .string(image), "Cmd": ["never-started"], "HostConfig": ["NetworkMode": "none"],
            "Labels": .object(labels.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
        ]
        let request = Request(
            method: .post, path: "/containers/create", query: [("name", name)], json: Array(body.text.utf8))
        do throws(EngineError) { try await self.perform(request, by: Deadline(after: limit)) { _ in true } } catch {
            if error.code != .refused(409) { throw error }
        }
    }

    /// The folder of this machine in which the engine keeps images and containers: `GET /info`.
    public func dataFolder(within limit: Duration) async throws(EngineError) -> String {
        struct Wire: Decodable { let DockerRootDir: String }
        let request = Request(method: .get, path: "/info")
        return try await self.decoded(Wire.self, from: request, by: Deadline(after: limit)).DockerRootDir
    }
}
