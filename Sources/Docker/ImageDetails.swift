/// An image, as far as what it carries along is checked.
public struct ImageDetails: Hashable, Sendable {
    /// Such as `sha256:…`.
    public let id: String
    /// How containers of it are checked; nil when they are not.
    public let healthcheck: Healthcheck?
    /// `NAME=value` of every container of it. Should hold no secret, and is read to find those that are there: never to be
    /// printed.
    public let environment: [String]
}

/// The engine's answer to inspect of an image.
struct ImageWire: Decodable {
    struct Config: Decodable {
        let Env: [String]?
        let Healthcheck: InspectWire.Config.Healthcheck?
    }

    let Id: String
    let Config: Config?

    var details: ImageDetails {
        ImageDetails(
            id: self.Id, healthcheck: self.Config?.Healthcheck?.healthcheck, environment: self.Config?.Env ?? [])
    }
}

/// One layer of the engine's answer to history.
struct ImageLayerWire: Decodable {
    let CreatedBy: String?
}
