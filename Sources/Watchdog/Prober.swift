import Docker
import EventLoop
import Healing

/// Asks the health URL from inside a container: through its network namespace, which costs next to nothing, and where
/// that can't be had through `curl` in the container.
@Loop
final class Prober {
    enum Way: Hashable { case namespace, exec }

    /// How the health URL is being asked.
    private(set) var way = Way.namespace

    /// The process whose namespace can't be entered.
    private var execPID: Int32?
    private let engine: Engine
    let url: ProbeURL

    init(engine: Engine, url: ProbeURL) {
        self.engine = engine
        self.url = url
    }

    /// - Parameter pid: the container's main process.
    /// - Returns: the outcome; and why the way was changed, when it just was.
    func probe(
        _ container: String, pid: Int32, within limit: Duration
    ) async -> (ProbeResult.Outcome, change: String?) {
        // What kept us out may have been the end of that process, half gone already: another run is another chance.
        if self.execPID != pid { self.way = .namespace }
        guard self.way == .namespace else { return (await self.exec(in: container, within: limit), nil) }
        let outcome = await Docker.probe(url: self.url, networkNamespaceOf: pid, within: limit)
        guard case .unavailable(let reason) = outcome else { return (ProbeResult.Outcome(outcome), nil) }
        if !ProcessState.isEnding(pid) {
            self.giveUpNamespace(of: pid)
            return (await self.exec(in: container, within: limit), reason)
        }
        // A process that is gone takes its namespace with it; that is no reason to give the way up. But it may also run
        // where it can't be seen from here: on the machine of Docker Desktop, or behind a /proc that hides it.
        let answer = await self.exec(in: container, within: limit)
        if case .inconclusive = answer { return (.inconclusive(reason), nil) }
        guard let details = try? await self.engine.inspect(container, within: limit), details.state == .running,
            details.pid == pid
        else { return (.inconclusive(reason), nil) }
        self.giveUpNamespace(of: pid)
        return (answer, reason)
    }

    private func giveUpNamespace(of pid: Int32) {
        self.way = .exec
        self.execPID = pid
    }

    private func exec(in container: String, within limit: Duration) async -> ProbeResult.Outcome {
        let probe = ExecProbe(engine: self.engine)
        return ProbeResult.Outcome(await probe.probe(url: self.url, in: container, within: limit))
    }
}

extension ProbeResult.Outcome {
    /// As `curl --fail` sees it: statuses from 400 on are errors.
    init(_ outcome: ProbeOutcome) {
        self =
            switch outcome {
            case .answered(let status, let body):
                status < 400 ? .passed : .answeredError(status: status, sick: HealthAnswer.sick(in: body))
            case .refused: .refused
            case .timedOut: .timedOut
            case .broken(let reason): .broken(reason)
            case .unavailable(let reason): .inconclusive(reason)
            }
    }
}
