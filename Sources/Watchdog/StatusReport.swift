import EventLoop
import Docker
import Healing
import Support

/// How a project is at the moment: looked at now, and read from the journal. Needs no running watchdog.
public struct StatusReport: Encodable, Sendable {
    public struct Service: Encodable, Sendable {
        public let service: String
        public let replica: Int
        /// The engine's word for the container's state; nil without a container.
        public let state: String?
        /// Docker's health; nil without a healthcheck or a container.
        public let docker: String?
        /// What the health URL answered just now; nil where it is not asked.
        public let probe: String?
        /// well, starting, suspect, bad, stand_down or unknown.
        public let verdict: String
        /// Why it is not well.
        public let reason: String?
        /// The open incident.
        public let incident: Int?
        /// The deploy that changed the service within the hour before the incident; nil where there was none.
        public let deploy: String?
        /// Attempts since the backoff last started over.
        public let attempts: Int
        /// When another attempt may begin at the earliest, if not at once.
        public let nextAttempt: String?
        /// Until when an operator paused healing; nil when nobody did. The verdict is what is found all the same.
        public let pausedUntil: String?
        /// Why, in the operator's words; nil where there is no pause.
        public let pauseReason: String?
    }

    public let project: String
    /// Whether every watched service is well and has no open incident.
    public let isWell: Bool
    /// The pid of the watchdog; nil when none runs.
    public let watchdog: Int32?
    /// Whether a deploy is going on.
    public let isDeploying: Bool
    public let journal: String
    /// The journal's last line about a service.
    public let lastEvent: String?
    public let services: [Service]

    /// Looks at everything once.
    ///
    /// - Throws: ``WatchError/Code/engineMissing`` when the engine does not answer.
    @Loop
    public static func gather(_ watchdog: Watchdog) async throws(WatchError) -> StatusReport {
        try await watchdog.status()
    }

    /// For a person, without an end of line.
    public var text: String {
        let start = "selfheal watch" + hint("; here: bash scripts/watchdog.sh", toScript: "scripts/watchdog.sh")
        let watchdog = self.watchdog.map { "running (pid \($0))" } ?? "NOT RUNNING (\(start))"
        var lines = [
            "project \(self.project)   watchdog \(watchdog)\(self.isDeploying ? "   a deploy is going on" : "")"
        ]
        var rows = [["SERVICE", "STATE", "DOCKER", "PROBE", "VERDICT", "INCIDENT"]]
        for service in self.services {
            let name = service.replica == 1 ? service.service : "\(service.service).\(service.replica)"
            let attempts = service.attempts > 0 ? ", \(service.attempts) attempts" : ""
            let deploy = service.deploy.map { ", after deploy \($0)" } ?? ""
            let next = service.nextAttempt.map { ", next at \($0)" } ?? ""
            rows.append([
                name, service.state ?? "-", service.docker ?? "-", service.probe ?? "-",
                (service.reason.map { "\(service.verdict): \($0)" } ?? service.verdict) + service.pauseText,
                service.incident.map { "#\($0)\(deploy)\(attempts)\(next)" } ?? "-",
            ])
        }
        lines += TextTable.lines(rows)
        if self.services.isEmpty { lines.append("no container of the project is there") }
        if let lastEvent { lines.append("last event: \(lastEvent)") }
        lines.append("journal: \(self.journal)")
        return lines.joined(separator: "\n")
    }
}

extension Watchdog {
    fileprivate func status() async throws(WatchError) -> StatusReport {
        try await self.lookOnce()
        let last = Journal.read(self.settings.logFile, of: self.watched.project).records.last { $0.0.service != nil }
        let now = self.timeline.now
        let services = self.state.summaries(at: now).map { self.describe($0) }
        return StatusReport(
            project: self.watched.project,
            isWell: !services.isEmpty && services.allSatisfy { $0.verdict == "well" && $0.incident == nil },
            watchdog: FileLock.holder(ofLockAt: self.watched.folder.watchLock),
            isDeploying: self.isDeployGoingOn,
            journal: self.settings.logFile,
            lastEvent: last.map { Logfmt.line([("time", $0.at.description)] + $0.0.fields) },
            services: services)
    }

    /// Looks at everything once, and into the journal, without a word.
    func lookOnce() async throws(WatchError) {
        self.onlyLook()
        _ = await self.resume()
        do { try await self.refreshAll() } catch {
            throw WatchError(
                .engineMissing,
                "the Docker Engine does not answer: \(error). Start it"
                    + hint(" (scripts/up.sh does)", toScript: "scripts/up.sh") + ".")
        }
        for (id, details) in self.known where details.state == .running {
            guard let prober = self.prober(for: id) else { continue }
            await self.probe(id, details, prober, once: true)
        }
    }

    func describe(_ summary: ServiceSummary) -> StatusReport.Service {
        StatusReport.Service(
            service: summary.id.service, replica: summary.id.replica,
            state: summary.container?.state.rawValue, docker: summary.container?.health?.status.rawValue,
            probe: self.lastOutcome[summary.id]?.summary,
            verdict: summary.verdict.name, reason: summary.verdict.reason,
            incident: summary.incident?.number,
            deploy: summary.incident.flatMap {
                self.deployBefore(summary.id.service, self.timeline.timestamp(of: $0.began))
            },
            attempts: summary.attempts,
            nextAttempt: summary.nextAttempt.map { self.timeline.timestamp(of: $0).description },
            pausedUntil: summary.pause.map { self.timeline.timestamp(of: $0.until).description },
            pauseReason: summary.pause?.reason)
    }
}

extension StatusReport.Service {
    fileprivate var pauseText: String {
        guard let pausedUntil else { return "" }
        let reason = self.pauseReason.flatMap { $0.isEmpty ? nil : ", \($0)" } ?? ""
        return " (PAUSED until \(pausedUntil)\(reason))"
    }
}

extension Verdict {
    fileprivate var reason: String? {
        switch self {
        case .standDown(let reason): reason.rawValue
        case .unknown(let reason): reason
        case .bad(let diagnosis): "\(diagnosis.kind.rawValue), \(diagnosis.evidence)"
        case .starting, .suspect, .well: nil
        }
    }
}

extension ProbeResult.Outcome {
    fileprivate var summary: String {
        switch self {
        case .passed: "passed"
        case .answeredError(let status, let sick):
            sick.isEmpty ? "answers \(status)" : "answers \(status), down: \(sick.joined(separator: ","))"
        case .refused: "refused"
        case .timedOut: "timed out"
        case .broken(let reason): "broken: \(reason)"
        case .inconclusive(let reason): "could not run: \(reason)"
        }
    }
}
