import Glibc

/// Says `line` on stdout if somebody takes it. A reader that has stopped reading (a pager, a held terminal) gets nothing
/// instead of holding up the program.
public func sayIfHeard(_ line: String) {
    var wait = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&wait, 1, 0) == 1, Int32(wait.revents) & POLLOUT != 0 else { return }
    _ = "\(line)\n".withCString { write(STDOUT_FILENO, $0, strlen($0)) }
}
