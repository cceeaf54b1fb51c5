/// What `docker compose config --format json --no-interpolate` prints, as far as we need it.
///
/// Without interpolation Compose leaves what the file says as it is, so one thing comes in several forms: text or list,
/// list or mapping, number or text with a variable.
struct ProjectWire: Decodable {
    let name: String
    let services: [String: ServiceWire]?

    /// Whether some services are there only with a profile.
    var hasProfiles: Bool { (self.services ?? [:]).values.contains(where: \.isOptional) }

    /// - Parameter active: the names of the services that are there with the profiles that are on.
    func project(active: Set<String>) -> Project {
        let services = (self.services ?? [:]).filter { !$0.value.isOptional || active.contains($0.key) }
        return Project(name: self.name, services: services.mapValues(\.service))
    }
}

struct ServiceWire: Decodable {
    struct Healthcheck: Decodable {
        let disable: Bool?
        let test: TextOrList?
        let interval: Scalar?
        let timeout: Scalar?
        let start_period: Scalar?
        let retries: Scalar?
    }

    let build: Present?
    let image: String?
    let env_file: Present?
    let depends_on: DependenciesWire?
    let healthcheck: Healthcheck?
    let stop_grace_period: Scalar?
    let stop_signal: String?
    let restart: String?
    let labels: LabelsWire?
    let container_name: String?
    let network_mode: String?
    let profiles: [String]?

    var isOptional: Bool { self.profiles?.isEmpty == false }

    var service: Service {
        Service(
            dependsOn: self.depends_on?.dependencies ?? [:], hasBuild: self.build != nil, image: self.image,
            healthcheck: self.healthcheck?.check, stopGracePeriod: self.stop_grace_period?.duration,
            stopSignal: self.stop_signal, restart: self.restart, labels: self.labels?.labels ?? [:],
            networkOf: self.network_mode.flatMap {
                $0.hasPrefix("service:") ? String($0.dropFirst("service:".count)) : nil
            },
            hasFixedName: self.container_name != nil)
    }
}

extension ServiceWire.Healthcheck {
    var check: Service.Check? {
        if self.disable == true || self.test?.list.first == "NONE" { return nil }
        return Service.Check(
            test: self.test?.list ?? [], interval: self.interval?.duration, timeout: self.timeout?.duration,
            startPeriod: self.start_period?.duration, retries: self.retries.flatMap { Int($0.text) })
    }
}

/// Something whose being there is all that counts.
struct Present: Decodable {
    init(from decoder: any Decoder) throws {}
}

/// A command line, or `CMD` and its like with arguments.
struct TextOrList: Decodable {
    let list: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.list = ["CMD-SHELL", text]
        } else {
            self.list = try container.decode([String].self)
        }
    }
}

/// Text, a number or a truth value, as text.
struct Scalar: Decodable {
    let text: String

    /// Nil when it is none, such as a variable.
    var duration: Duration? { Duration(compose: self.text) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let number = try? container.decode(Int.self) {
            self.text = String(number)
        } else if let truth = try? container.decode(Bool.self) {
            self.text = String(truth)
        } else if container.decodeNil() {
            self.text = ""
        } else {
            self.text = String(try container.decode(Double.self))
        }
    }
}

/// `name: condition` or a list of names.
struct DependenciesWire: Decodable {
    private struct Entry: Decodable {
        let condition: String?
        let restart: Bool?
    }

    let dependencies: [String: Dependency]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let names = try? container.decode([String].self) {
            self.dependencies = Dictionary(
                names.map { ($0, Dependency(condition: .started)) }, uniquingKeysWith: { first, _ in first })
        } else {
            self.dependencies = try container.decode([String: Entry].self).mapValues { entry in
                Dependency(
                    condition: entry.condition.flatMap { Dependency.Condition(rawValue: $0) } ?? .started,
                    restartsWithIt: entry.restart ?? false)
            }
        }
    }
}

/// `name: value` or a list of `name=value`.
struct LabelsWire: Decodable {
    let labels: [String: String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let entries = try? container.decode([String].self) else {
            self.labels = try container.decode([String: Scalar].self).mapValues(\.text)
            return
        }
        var labels: [String: String] = [:]
        for entry in entries {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            labels[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        self.labels = labels
    }
}
