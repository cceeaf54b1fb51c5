import Docker
import Healing
import Support

extension Container {
    /// What the engine says, as the healing core sees it.
    ///
    /// - Parameter stopTimeout: goes before what the container says; nil where nobody else says anything.
    init(_ details: ContainerDetails, on timeline: Timeline, stopTimeout: Duration? = nil) {
        self.init(
            run: Run(container: details.id, started: details.startedAt?.text ?? ""),
            state: State(details.state),
            started: details.startedAt.map { timeline.moment(of: Timestamp($0)) } ?? timeline.now,
            exitCode: details.exitCode,
            isOutOfMemory: details.isOOMKilled,
            startError: details.error.isEmpty ? nil : details.error,
            restartPolicy: RestartPolicy(details.restartPolicy),
            stopGrace: stopTimeout ?? Container.stopGrace(details.stopTimeoutSeconds),
            isStateless: details.mountCount == 0,
            image: details.imageID,
            networkContainer: details.networkMode.hasPrefix("container:")
                ? String(details.networkMode.dropFirst("container:".count)) : nil,
            health: DockerHealth(details, on: timeline))
    }
}

extension Container {
    /// Docker's own default, where neither the image nor Compose says anything. A negative time stands for no limit; a
    /// day comes to the same and still ends.
    private static func stopGrace(_ seconds: Int?) -> Duration {
        guard let seconds else { return .seconds(10) }
        return seconds < 0 ? .seconds(86_400) : .seconds(seconds)
    }
}

extension Container.State {
    fileprivate init(_ state: ContainerState) {
        self =
            switch state {
            case .created: .created
            case .running: .running
            case .paused: .paused
            case .restarting: .restarting
            case .removing: .removing
            case .exited: .exited
            case .dead: .dead
            }
    }
}

extension Container.RestartPolicy {
    fileprivate init(_ policy: ContainerDetails.RestartPolicy) {
        self =
            switch policy.name {
            case "always": .always
            case "unless-stopped": .unlessStopped
            case "on-failure": policy.maximumRetries > 0 ? .onFailureLimited : .onFailure
            default: .no
            }
    }
}

extension DockerHealth {
    fileprivate init?(_ details: ContainerDetails, on timeline: Timeline) {
        guard let health = details.health, let healthcheck = details.healthcheck else { return nil }
        self.init(
            status: Status(health.status),
            lastCheck: health.checks.last.map {
                Check(
                    began: timeline.moment(of: Timestamp($0.start)), verdict: Check.Verdict($0), mark: $0.start.text)
            },
            failingStreak: health.failingStreak, interval: healthcheck.interval, timeout: healthcheck.timeout,
            retries: healthcheck.retries,
            startPeriod: healthcheck.startPeriod)
    }
}

extension DockerHealth.Status {
    fileprivate init(_ status: ContainerHealth.Status) {
        self =
            switch status {
            case .starting: .starting
            case .healthy: .healthy
            case .unhealthy: .unhealthy
            }
    }
}

extension DockerHealth.Check.Verdict {
    /// The engine gives -1 both to a check that ran out of time and to one that could not be started; a shell gives 126
    /// and 127 to what it can't run, unless the check ends in `|| exit 1`, where only the words tell.
    init(_ check: ContainerHealth.Check) {
        let isMissing =
            check.output.contains("executable file not found") || check.output.contains("exec failed")
            || check.output.hasSuffix(": not found") || check.output.hasSuffix(": not found\n")
        self =
            switch check.exitCode {
            case 0: .passed
            case 126, 127: .couldNotRun
            case _ where isMissing: .couldNotRun
            case -1: .timedOut
            default: .failed
            }
    }
}

extension Timestamp {
    init(_ time: EngineTime) { self.init(nanoseconds: time.nanosecondsSince1970) }
}
