import Support

/// What a deploy was made of: its images, and the Compose file as Compose resolved it. Kept in the deploy's folder to be
/// compared with later ones. A value that may be a secret is there only as a salted hash; names stay readable.
struct KeptSettings: Hashable, Codable {
    /// The ids of the images that are built here, by service.
    let images: [String: String]
    /// By service and by the setting's name, with dots between its parts, such as `environment.PGUSER`.
    let services: [String: [String: String]]
    /// Networks, volumes, secrets and configs of the file, named in the same manner.
    let shared: [String: String]

    /// What can't hide a secret, with all that is below it. Whatever is not named here is hashed, so that a setting that
    /// nobody has thought of yet shows nothing.
    private static let readable = [
        "image", "build.context", "build.dockerfile", "build.target", "container_name", "cap_add", "cap_drop", "cpus",
        "depends_on", "deploy", "expose", "init", "mem_limit", "network_mode", "networks", "pids_limit", "ports",
        "privileged", "profiles", "read_only", "restart", "scale", "stop_grace_period", "stop_signal", "tmpfs", "user",
        "volumes", "working_dir", "healthcheck.interval", "healthcheck.retries", "healthcheck.start_period",
        "healthcheck.timeout",
    ]
    private static let readableEnds = [".name", ".external", ".driver"]

    private init(images: [String: String], services: [String: [String: String]], shared: [String: String]) {
        self.images = images
        self.services = services
        self.shared = shared
    }

    /// - Parameters:
    ///   - document: what `docker compose config --format json` prints.
    ///   - salt: keeps the values from being guessed; the same one for what is to be compared.
    init(of document: JSONValue, images: [String: String], salt: String) {
        func kept(_ value: JSONValue, isReadable: (String) -> Bool) -> [String: String] {
            var settings: [String: String] = [:]
            for (name, text) in Self.flat(value, "") {
                let hash = { "hash:" + SHA256.hex((salt + "\u{0}" + text).utf8).prefix(32) }
                settings[name] = isReadable(name) && text.utf8.count <= 500 ? text : hash()
            }
            return settings
        }
        var services: [String: [String: String]] = [:]
        for service in document["services"]?.members ?? [] {
            services[service.name] = kept(service.value) { name in
                Self.readable.contains { name == $0 || name.hasPrefix("\($0).") }
            }
        }
        let others = document.members.filter { !["name", "services"].contains($0.name) }
        let shared = kept(.object(others)) { name in Self.readableEnds.contains { name.hasSuffix($0) } }
        self.init(images: images, services: services, shared: shared)
    }

    /// Objects taken apart; a list is one value.
    private static func flat(_ value: JSONValue, _ path: String) -> [(name: String, text: String)] {
        guard case .object(let members) = value, !members.isEmpty else {
            return [(path, value.string ?? value.text)]
        }
        return members.flatMap { self.flat($0.value, path.isEmpty ? $0.name : "\(path).\($0.name)") }
    }

    /// Without what only makes images: those go back with a rollback.
    var ofContainers: KeptSettings {
        KeptSettings(
            images: self.images, services: self.services.mapValues { $0.filter { !$0.key.hasPrefix("build.") } },
            shared: self.shared)
    }

    /// What is otherwise in `other`, for a person: the service and the names of its settings, never a value.
    func differences(from other: KeptSettings) -> [String] {
        func names(_ one: [String: String], _ other: [String: String]) -> String {
            Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }.sorted().joined(separator: ", ")
        }
        var differences: [String] = []
        for service in Set(self.services.keys).union(other.services.keys).sorted() {
            switch (self.services[service], other.services[service]) {
            case (let now?, let then?) where now != then: differences.append("\(service): \(names(now, then))")
            case (_?, nil): differences.append("\(service): it is new")
            case (nil, _?): differences.append("\(service): it is no more")
            default: break
            }
        }
        let shared = names(self.shared, other.shared)
        return differences + (shared.isEmpty ? [] : [shared])
    }
}
