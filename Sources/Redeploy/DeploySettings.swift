public import Compose
public import Docker

/// What a deploy goes by.
public struct DeploySettings: Sendable {
    /// The service whose health URL is known.
    public let service: String
    public let composeFiles: ComposeFiles
    /// Asked from inside its container.
    public let healthURL: ProbeURL
    /// How long another deploy of the project is waited for; zero not to wait.
    public var wait = Duration.zero
    /// How long the new version is watched before there is no undoing any more.
    public var probation = Duration.seconds(120)
    /// What is built from, as the caller says; `/health` must answer it. Empty where nobody says.
    public var commit = ""
    /// Whether it is refused where no proxy holds the service's port: clients would see a gap.
    public var needsFront = false
    /// Whether what commands print goes through the sayer line by line, and not to a terminal.
    public var isForScripts = false

    public init(service: String, composeFiles: ComposeFiles, healthURL: ProbeURL) {
        self.service = service
        self.composeFiles = composeFiles
        self.healthURL = healthURL
    }

    /// These, for taking a deploy to its end that somebody began with other ones. A watchdog may look after another service
    /// than was deployed, or after all of them.
    func taking(_ header: DeployHeader) -> DeploySettings {
        var settings = DeploySettings(
            service: header.service ?? self.service, composeFiles: self.composeFiles,
            healthURL: header.healthURL.flatMap { try? ProbeURL($0) } ?? self.healthURL)
        settings.wait = self.wait
        settings.probation = self.probation
        settings.commit = header.commit
        settings.isForScripts = self.isForScripts
        return settings
    }

    /// Where a path of the service is reached from outside its container; nil where its port is not published.
    func outside(_ ports: [PublishedPort], path: String) -> ProbeURL? {
        guard let port = ports.first(where: { $0.inside == self.healthURL.port && $0.outside != 0 }) else { return nil }
        let isWildcard = port.address.isEmpty || port.address == "0.0.0.0" || port.address == "::"
        let host = isWildcard ? "127.0.0.1" : port.address.contains(":") ? "[\(port.address)]" : port.address
        return try? ProbeURL("http://\(host):\(port.outside)\(path)")
    }
}
