public import Support

/// What a deploy says of itself in its lock, for the watchdog and for who comes second.
public struct DeployMarker: Hashable, Sendable {
    /// Who deploys, and in which boot of the machine its pid means something.
    public let owner: String
    public let boot: String
    public let since: Timestamp
    /// From then on the deploy counts as stuck, and the watchdog looks after everything again.
    public let expires: Timestamp
    /// The services that the watchdog shall leave alone; empty for all of them.
    public let services: [String]

    public init(owner: String, boot: String, since: Timestamp, expires: Timestamp, services: [String]) {
        self.owner = owner
        self.boot = boot
        self.since = since
        self.expires = expires
        self.services = services
    }

    /// One line for ``FileLock/describe(_:)``.
    public var line: String {
        Logfmt.line([
            ("owner", self.owner), ("boot", self.boot), ("since", self.since.description),
            ("expires", self.expires.description), ("services", self.services.joined(separator: ",")),
        ])
    }

    /// Reads ``line``; nil for anything else.
    public init?(line: String) {
        guard let fields = Logfmt.fields(line), let owner = fields["owner"], let boot = fields["boot"],
            let since = fields["since"].flatMap({ Timestamp($0) }),
            let expires = fields["expires"].flatMap({ Timestamp($0) })
        else { return nil }
        self.init(
            owner: owner, boot: boot, since: since, expires: expires,
            services: (fields["services"] ?? "").split(separator: ",").map(String.init))
    }

    /// Those of `services` that a deploy which holds the lock at `path` answers for now.
    ///
    /// A lock that says nothing more (its holder has just taken it) counts for all of them.
    public static func covered(of services: some Collection<String>, lock path: String) -> Set<String> {
        guard FileLock.holder(ofLockAt: path) != nil else { return [] }
        guard let marker = DeployMarker(line: FileLock.description(ofLockAt: path)) else { return Set(services) }
        guard Timestamp.now < marker.expires else { return [] }
        return marker.services.isEmpty ? Set(services) : Set(services).intersection(marker.services)
    }
}

/// Which boot of this machine it is: a pid means nothing after another one.
public func bootID() -> String {
    String((readSmallFile("/proc/sys/kernel/random/boot_id") ?? "").filter { !$0.isWhitespace })
}
