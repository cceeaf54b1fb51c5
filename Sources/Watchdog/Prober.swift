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

    private let engine: Engine
    private let url: ProbeURL

    init(engine: Engine, url: ProbeURL) {
        self.engine = engine
        self.url = url
    }

    /// - Parameter pid: the container's main process.
    /// - Returns: the outcome; and why the way was changed, when it just was.
    func probe(_ container: String, pid: Int32, within limit: Duration) async -> (ProbeResult.Outcome, change: String?)
    {
        if self.way == .namespace {
            let outcome = await Docker.probe(url: self.url, networkNamespaceOf: pid, within: limit)
            // A process that is gone takes its namespace with it; that is no reason to give the way up.
            guard case .unavailable(let reason) = outcome, ProcessState.of(pid) != nil else {
                return (ProbeResult.Outcome(outcome), nil)
            }
            self.way = .exec
            let (result, _) = await self.probe(container, pid: pid, within: limit)
            return (result, reason)
        }
        let outcome = await ExecProbe(engine: self.engine).probe(url: self.url, in: container, within: limit)
        return (ProbeResult.Outcome(outcome), nil)
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
