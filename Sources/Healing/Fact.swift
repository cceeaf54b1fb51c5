/// Something the outside world said. Facts and the passing of time are all that decisions are made of.
public enum Fact: Hashable, Sendable, Codable {
    /// The containers that a service has at the moment: its replicas, none when it is down. What was asked for (`asOf`)
    /// before the latest event of a container tells of an older time and is ignored; nil means now.
    case observed(service: String, containers: [Int: Container], asOf: Moment? = nil)
    /// The engine reported an event of a container of this service; `at` is the event's own time.
    case happened(ServiceID, ContainerEvent, at: Moment)
    case probed(ServiceID, ProbeResult)
    case examined(ServiceID, run: Container.Run, ProcessCondition)
    /// The engine does not answer; with the reason.
    case engineLost(String)
    /// The engine answers, and what it knows has been observed again.
    case engineBack
    /// What was decided waits for something else: nothing has been done to the container yet.
    case actionPrepares(ServiceID)
    /// It is carried out from now on.
    case actionBegins(ServiceID)
    /// What was decided has been carried out, or could not be.
    case actionEnded(ServiceID, ActionOutcome)
    /// The services that a deploy answers for from now on; none when there is no deploy any more.
    case deploying(Set<String>)
    /// Services that are watched from now on, or under other terms.
    case found([String: Terms])
    /// A service that is not there any more: nothing of it is kept.
    case forgotten(service: String)
    /// How the machine is; told while something is bad.
    case host(HostCondition)
    case asked(OperatorWish)
    /// Nothing but time passed.
    case tick
}

/// An engine event about one container: the kinds that change what may be decided.
public enum ContainerEvent: Hashable, Sendable, Codable {
    /// A signal was sent through the engine. `stops` says whether it is one that asks the process to end.
    case killed(container: String, stops: Bool)
    case died(container: String, exitCode: Int)
    /// The kernel killed a process of it for want of memory.
    case ranOutOfMemory(container: String)
    /// A stop that somebody asked for is done. Between two runs of a crash loop it is the only word of it.
    case stopped(container: String)
    case started(container: String)

    /// The container that it is of.
    var container: String {
        switch self {
        case .killed(let container, _), .died(let container, _), .ranOutOfMemory(let container),
            .stopped(let container), .started(let container):
            container
        }
    }

    /// Of whatever container, it tells that somebody wants the service to run.
    var isStart: Bool { if case .started = self { true } else { false } }
}

public enum ActionOutcome: Hashable, Sendable, Codable {
    case succeeded
    /// The engine refused or did not answer in time; with the reason. The container may be in any state.
    case failed(String)
    /// Somebody else wanted it stopped while it was stopped to be started again, and so it was not started.
    case yielded
}
