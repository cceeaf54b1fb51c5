import Compose

/// A healthcheck as a file has it: what is nil comes from the image, or is Docker's default.
struct Healthcheck: Hashable, Sendable {
    /// `CMD` and words, `CMD-SHELL` and one line, or `NONE`; empty where only times are given.
    var test: [String] = []
    var interval: Duration?
    var timeout: Duration?
    var startPeriod: Duration?
    var retries: Int?
    let place: Place
    /// Where the command is written.
    let testPlace: Place

    /// What an image without any of these numbers gets from Docker.
    static let standard = (interval: Duration.seconds(30), timeout: Duration.seconds(30), retries: 3)

    var isDisabled: Bool { self.test.first == "NONE" }

    /// This one where it says something, and `image`'s elsewhere, as the engine merges them.
    func merged(over image: Healthcheck?) -> Healthcheck {
        guard let image else { return self }
        var merged = self
        if self.test.isEmpty { merged.test = image.test }
        merged.interval = self.interval ?? image.interval
        merged.timeout = self.timeout ?? image.timeout
        merged.startPeriod = self.startPeriod ?? image.startPeriod
        merged.retries = self.retries ?? image.retries
        return merged
    }
}

extension Duration {
    /// As a Compose file would have it: `30s`, `1.5s`.
    var text: String {
        let seconds = Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}
