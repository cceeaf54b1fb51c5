/// The engine's answer to inspect, as it comes: the names are the engine's. `Config.Env` is left out on purpose.
struct InspectWire: Decodable {
    struct State: Decodable {
        let Status: String
        let Pid: Int32?
        let ExitCode: Int?
        let OOMKilled: Bool?
        let Error: String?
        let StartedAt: String?
        let FinishedAt: String?
        let Health: Health?
    }

    struct Health: Decodable {
        struct Entry: Decodable {
            let Start: String
            let End: String
            let ExitCode: Int
            let Output: String
        }

        let Status: String
        let FailingStreak: Int?
        let Log: [Entry]?
    }

    struct Config: Decodable {
        struct Healthcheck: Decodable {
            let Test: [String]?
            let Interval: Int64?
            let Timeout: Int64?
            let StartPeriod: Int64?
            let Retries: Int?
        }

        let Labels: [String: String]?
        let Healthcheck: Healthcheck?
        let StopSignal: String?
        let StopTimeout: Int?
    }

    struct HostConfig: Decodable {
        struct Binding: Decodable {
            let HostIp: String?
            let HostPort: String?
        }

        struct RestartPolicy: Decodable {
            let Name: String?
            let MaximumRetryCount: Int?
        }

        let RestartPolicy: RestartPolicy?
        let AutoRemove: Bool?
        let NetworkMode: String?
        let Memory: Int64?
        let NanoCpus: Int64?
        let PortBindings: [String: [Binding]?]?
    }

    struct Mount: Decodable {
        let `Type`: String?
        let Name: String?
        let Source: String?
        let Destination: String?
        let RW: Bool?
    }

    struct NetworkSettings: Decodable {
        /// Of each only the name counts.
        struct Network: Decodable {}

        let Networks: [String: Network?]?
    }

    let Id: String
    let Name: String?
    let Image: String?
    let State: State
    let RestartCount: Int?
    let Config: Config
    let HostConfig: HostConfig?
    let Mounts: [Mount]?
    let NetworkSettings: NetworkSettings?

    func details() throws(EngineError) -> ContainerDetails {
        guard let state = ContainerState(rawValue: self.State.Status) else {
            throw EngineError(.malformed, "the engine shows a container in an unknown state: \(self.State.Status)")
        }
        let stopSignal = self.Config.StopSignal ?? ""
        let policyName = self.HostConfig?.RestartPolicy?.Name ?? ""
        return ContainerDetails(
            id: self.Id, name: String((self.Name ?? "").drop { $0 == "/" }), labels: self.Config.Labels ?? [:],
            imageID: self.Image ?? "", state: state, pid: self.State.Pid ?? 0, exitCode: self.State.ExitCode ?? 0,
            isOOMKilled: self.State.OOMKilled ?? false, error: self.State.Error ?? "",
            startedAt: self.State.StartedAt.flatMap { EngineTime(rfc3339: $0) },
            finishedAt: self.State.FinishedAt.flatMap { EngineTime(rfc3339: $0) },
            restartCount: self.RestartCount ?? 0, health: self.State.Health?.health,
            healthcheck: self.Config.Healthcheck?.healthcheck,
            restartPolicy: ContainerDetails.RestartPolicy(
                name: policyName.isEmpty ? "no" : policyName,
                maximumRetries: self.HostConfig?.RestartPolicy?.MaximumRetryCount ?? 0),
            isRemovedWhenStopped: self.HostConfig?.AutoRemove ?? false,
            stopSignal: stopSignal.isEmpty ? "SIGTERM" : stopSignal, stopTimeoutSeconds: self.Config.StopTimeout,
            mountCount: self.Mounts?.count ?? 0,
            volumes: (self.Mounts ?? []).filter { $0.Type == "volume" }.compactMap(\.Name).sorted(),
            mounts: (self.Mounts ?? []).map(\.mount),
            publishedPorts: self.HostConfig?.publishedPorts ?? [],
            networkMode: self.HostConfig?.NetworkMode ?? "",
            networks: Set((self.NetworkSettings?.Networks ?? [:]).keys),
            memoryLimit: self.HostConfig?.Memory ?? 0, cpuLimit: self.HostConfig?.NanoCpus ?? 0)
    }
}

extension InspectWire.Health {
    /// Nil for the status `none`, which stands for no healthcheck.
    var health: ContainerHealth? {
        guard let status = ContainerHealth.Status(rawValue: self.Status) else { return nil }
        let checks = (self.Log ?? []).compactMap { entry -> ContainerHealth.Check? in
            guard let start = EngineTime(rfc3339: entry.Start), let end = EngineTime(rfc3339: entry.End) else {
                return nil
            }
            let output = String(decoding: entry.Output.utf8.prefix(4_096), as: UTF8.self)
            return ContainerHealth.Check(start: start, end: end, exitCode: entry.ExitCode, output: output)
        }
        return ContainerHealth(status: status, failingStreak: self.FailingStreak ?? 0, checks: checks)
    }
}

extension InspectWire.Config.Healthcheck {
    /// Nil when nothing is checked. Zero stands for Docker's default.
    var healthcheck: Healthcheck? {
        guard let test = self.Test, let kind = test.first, kind != "NONE" else { return nil }
        func duration(_ nanoseconds: Int64?, default standard: Duration) -> Duration {
            guard let nanoseconds, nanoseconds > 0 else { return standard }
            return .nanoseconds(nanoseconds)
        }
        let retries = self.Retries ?? 0
        return Healthcheck(
            test: test, interval: duration(self.Interval, default: .seconds(30)),
            timeout: duration(self.Timeout, default: .seconds(30)),
            startPeriod: duration(self.StartPeriod, default: .zero), retries: retries > 0 ? retries : 3)
    }
}

extension InspectWire.Mount {
    var mount: Docker.Mount {
        let isVolume = self.Type == "volume"
        return Docker.Mount(
            type: self.Type ?? "", volume: isVolume ? self.Name ?? "" : "", source: self.Source ?? "",
            path: self.Destination ?? "",
            isWritable: self.RW ?? true)
    }
}

extension InspectWire.HostConfig {
    /// Keys are such as `3000/tcp`.
    var publishedPorts: [PublishedPort] {
        (self.PortBindings ?? [:]).sorted { $0.key < $1.key }.flatMap { key, bindings -> [PublishedPort] in
            let parts = key.split(separator: "/")
            guard parts.last == "tcp" || parts.count == 1, let inside = parts.first.flatMap({ UInt16($0) }) else {
                return []
            }
            return (bindings ?? []).map {
                PublishedPort(inside: inside, address: $0.HostIp ?? "", outside: UInt16($0.HostPort ?? "") ?? 0)
            }
        }
    }
}
