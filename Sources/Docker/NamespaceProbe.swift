import EventLoop

/// Asks `url` from inside the network namespace of process `pid`, as if from within its container, without starting
/// anything there: `GET`, a fresh connection, no proxy, redirects not followed.
///
/// For `localhost` 127.0.0.1 is tried first, then ::1. The socket is made in the other namespace on the loop's thread,
/// which is back in its own before anything else runs; afterwards it is a socket like any other. It needs the
/// capabilities `SYS_ADMIN` and `SYS_PTRACE`, and the host's processes in `/proc`.
///
/// - Parameters:
///   - pid: a process of the container as this machine numbers it. Numbers are used again: whoever kept one for long
///     compares ``ProcessState/startTicks``.
///   - limit: for everything together.
@Loop
public func probe(url: ProbeURL, networkNamespaceOf pid: Int32, within limit: Duration) async -> ProbeOutcome {
    let doorway: NamespaceDoorway
    do throws(NamespaceDoorway.Closed) { doorway = try NamespaceDoorway(to: pid) } catch {
        return .unavailable(error.reason)
    }
    defer { doorway.close() }
    let outcome = await ask(url, through: doorway, within: limit)
    // An end closes what was open. That is no bad answer: whoever watches the process learns of its end and its cause.
    var isEnding = false
    switch outcome {
    case .refused: isEnding = ProcessState.isEnding(pid)
    case .broken:
        isEnding = ProcessState.isEnding(pid)
        // Some programs close what they have open some time before they end.
        if !isEnding, (try? await Loop.sleep(for: .milliseconds(100))) != nil { isEnding = ProcessState.isEnding(pid) }
    case .answered, .timedOut, .unavailable: break
    }
    return isEnding ? .unavailable("process \(pid) ended while it was asked") : outcome
}
