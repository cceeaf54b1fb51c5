import Docker
import EventLoop
import Healing
import Support

/// One service explained: every value that is in force for it with where it comes from, what is thought of it now, why,
/// and what comes next. Looked at as ``StatusReport`` looks.
public struct ExplainReport: Encodable, Sendable {
    /// A value in force.
    public struct Value: Encodable, Sendable {
        public let name: String
        public let value: String
        public let source: String
    }

    /// One of its containers, now.
    public struct Replica: Encodable, Sendable {
        public let status: StatusReport.Service
        /// What the next change depends on.
        public let waitsFor: String
    }

    public let project: String
    public let service: String
    /// Whether a watchdog with these settings looks after it.
    public let isWatched: Bool
    /// Why it does or does not.
    public let reason: String
    public let values: [Value]
    public let replicas: [Replica]

    /// Looks at everything once.
    ///
    /// - Throws: ``WatchError/Code/engineMissing``, ``WatchError/Code/unknownService``.
    @Loop
    public static func gather(_ watchdog: Watchdog, _ service: String) async throws(WatchError) -> ExplainReport {
        try await watchdog.explain(service)
    }

    /// For a person, without an end of line.
    public var text: String {
        var lines = [
            "\(self.service) of \(self.project): \(self.isWatched ? "watched" : "not watched"), \(self.reason)"
        ]
        lines.append("")
        let rows = self.values.map { [$0.name, $0.value, $0.source] }
        lines += TextTable.lines([["VALUE", "IN FORCE", "FROM"]] + rows)
        for replica in self.replicas {
            let status = replica.status
            lines.append("")
            lines.append("now, replica \(status.replica):")
            lines += TextTable.lines(
                [
                    ["  state", status.state ?? "no container"], ["  docker", status.docker ?? "no healthcheck"],
                    ["  probe", status.probe ?? "not asked"],
                    ["  verdict", status.reason.map { "\(status.verdict): \($0)" } ?? status.verdict],
                    ["  incident", status.incident.map { "#\($0), \(status.attempts) attempts" } ?? "none"],
                    ["  waits for", replica.waitsFor],
                ])
        }
        if self.replicas.isEmpty { lines += ["", "now: it has no container"] }
        return lines.joined(separator: "\n")
    }
}

extension Watchdog {
    fileprivate func explain(_ service: String) async throws(WatchError) -> ExplainReport {
        try await self.lookOnce()
        guard let found = self.services[service] else {
            let names = self.services.keys.sorted().joined(separator: ", ")
            throw WatchError(
                .unknownService,
                "\"\(service)\" is not looked after: \(self.watched.leftOut[service] ?? "it is not there") "
                    + "(looked after are: \(names.isEmpty ? "none" : names)).")
        }
        let now = self.timeline.now
        let summaries = self.state.summaries(at: now).filter { $0.id.service == service }
        let isWatched = found.settings.isEnabled.value
        return ExplainReport(
            project: self.watched.project, service: service, isWatched: isWatched,
            reason: isWatched
                ? self.reason(found)
                : "its label \(found.settings.isEnabled.source) says so, and a watched "
                    + "service depends on it: it is looked at, and never touched",
            values: self.values(found, self.known.first { $0.key.service == service }?.value),
            replicas: summaries.map {
                ExplainReport.Replica(status: self.describe($0), waitsFor: self.waitsFor($0, found.settings))
            })
    }

    private func reason(_ service: Watched.Service) -> String {
        let isAsked = self.settings.selection == .all && service.reason == .all
        return isAsked ? "as all services are with --all or SERVICE_NAME=*" : service.reason.rawValue
    }

    private func values(_ service: Watched.Service, _ container: ContainerDetails?) -> [ExplainReport.Value] {
        let settings = service.settings
        let policy = settings.policy
        var values: [ExplainReport.Value] = []
        func add(_ name: String, _ value: String, _ source: SettingSource) {
            values.append(ExplainReport.Value(name: name, value: value, source: source.description))
        }
        add("enabled", String(settings.isEnabled.value), settings.isEnabled.source)
        let isProject = if case .project = self.watched.scope { true } else { false }
        add(
            "depends on", service.dependencies.isEmpty ? "nothing" : service.dependencies.joined(separator: ", "),
            isProject ? .composeFile : .container)
        if let url = settings.healthURL {
            add("health URL", url.value.description, url.source)
            add("timeout", settings.timeout.value.seconds, settings.timeout.source)
            add("retries", String(settings.retries.value), settings.retries.source)
            add("failing for at least", policy.failureTimeMin.seconds, .standard)
        } else {
            add("health URL", "none", .standard)
        }
        add("interval", settings.interval.value.seconds, settings.interval.source)
        let unsettled = settings.interval(isUnsettled: self.known.count <= Settling.most)
        if unsettled != settings.interval.value {
            let text = "\(unsettled.seconds) for \(WatchSettings.settlingTime.seconds) after a start or trouble"
            add("interval at first", text, .standard)
        }
        let grace = self.startGrace(settings, container)
        add("start grace", grace.value.seconds, grace.source)
        if let container {
            if let check = container.healthcheck {
                add("docker healthcheck", check.test.joined(separator: " "), .container)
                let numbers =
                    "every \(check.interval.seconds), timeout \(check.timeout.seconds), \(check.retries) retries"
                add("docker healthcheck pace", numbers, .container)
            } else {
                add("docker healthcheck", "none: watched for exits and crash loops", .container)
            }
            add("restart policy", container.restartPolicy.name, .container)
            let grace = self.stopGrace(container, settings)
            add("stop grace", grace.value.seconds, grace.source)
            add("stop signal", container.stopSignal, .container)
        }
        let backoff = (1...5).map { policy.backoff.delay(afterAttempt: $0).seconds }.joined(separator: " ")
        add("backoff", backoff, .standard)
        add(
            "backoff starts over after", "\(policy.stableTimeMin.seconds) to \(policy.stableTimeMax.seconds)", .standard
        )
        let isOlder = self.settings.selection.isByLabel && !self.settings.isSet("INTERVAL_SECONDS")
        let sweep = self.settings.setting(
            self.settings.interval, from: isOlder ? "AUTOHEAL_INTERVAL" : "INTERVAL_SECONDS")
        add("sweep", sweep.value.seconds, sweep.source)
        return values
    }

    /// How long it may take to its first good answer or check.
    private func startGrace(_ settings: ServiceSettings, _ container: ContainerDetails?) -> Setting<Duration> {
        if settings.healthURL == nil, container?.healthcheck == nil { return Setting(settings.policy.runningTimeMin) }
        let declared = container?.healthcheck?.startPeriod ?? .zero
        if let period = settings.startPeriod, period.value >= declared { return period }
        if declared > .zero { return Setting(declared, .container) }
        return Setting(settings.policy.startGraceUndeclared)
    }

    private func stopGrace(_ container: ContainerDetails, _ settings: ServiceSettings) -> Setting<Duration> {
        if let own = settings.stopTimeout { return own }
        let grace = Container(
            container, on: self.timeline, stopTimeout: self.stopTimeout(of: container, settings)
        ).stopGrace
        if container.stopTimeoutSeconds != nil { return Setting(grace, .container) }
        return self.settings.setting(grace, from: "AUTOHEAL_DEFAULT_STOP_TIMEOUT")
    }

    private func waitsFor(_ summary: ServiceSummary, _ settings: ServiceSettings) -> String {
        let until = summary.changesAt.map { ", or until \(self.timeline.timestamp(of: $0))" } ?? ""
        switch summary.verdict {
        case .standDown(let reason): return reason.end + until
        case .unknown: return "something that can be known" + until
        case .starting: return "its start to be over" + until
        case .suspect:
            return "more signs, good or bad: \(settings.retries.value) failed probes in a row are enough" + until
        case .bad:
            if let held = summary.incident?.heldBy, !held.isEmpty {
                return "\(held.joined(separator: ", ")) to be well"
            }
            if let next = summary.nextAttempt {
                return "the backoff: the next attempt is due at \(self.timeline.timestamp(of: next))"
            }
            return self.isWatchdogRunning ? "the watchdog, which acts at once" : "a watchdog: none runs"
        case .well: return summary.incident == nil ? "nothing" : "the proof: Docker's next check, and a good probe"
        }
    }

    private var isWatchdogRunning: Bool { FileLock.holder(ofLockAt: self.watched.folder.watchLock) != nil }
}

extension StandDown {
    /// What ends it.
    fileprivate var end: String {
        switch self {
        case .stopped, .foundStopped, .ended: "somebody who starts it"
        case .stopping: "the end of the stop that somebody asked for"
        case .completed: "nothing: it has done its work"
        case .paused: "the end of the pause"
        case .debugged: "the debugger to let go"
        case .removed: "a container"
        case .deploying: "the end of the deploy"
        case .maintenance: "the end of the maintenance pause"
        }
    }
}
