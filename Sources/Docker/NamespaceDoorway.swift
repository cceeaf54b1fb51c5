import CLinux
import EventLoop
import Glibc

/// Makes sockets in the network namespace of another process.
@Loop
final class NamespaceDoorway {
    /// Why there is no way into the namespace.
    struct Closed: Error {
        let reason: String
    }

    /// The namespace that this thread belongs in; negative when it can't be told.
    private static let own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)

    /// Why a socket could not be made, once that was tried in vain.
    private(set) var refusal: String?

    /// Whether the kernel has no sockets of the kind that was asked for last.
    private(set) var isFamilyMissing = false

    private let target: Int32

    init(to pid: Int32) throws(Closed) {
        guard pid > 0 else { throw Closed(reason: "the container has no process") }
        guard Self.own >= 0 else { throw Closed(reason: "/proc does not show our own network namespace") }
        self.target = open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
        guard self.target >= 0 else {
            switch errno {
            case ENOENT, ESRCH: throw Closed(reason: "process \(pid) is gone, or not visible from here")
            case EACCES, EPERM: throw Closed(reason: "no permission to look into the namespace of process \(pid)")
            default: throw Closed(reason: "the namespace of process \(pid) can't be opened: \(systemReason())")
            }
        }
    }

    func close() { _ = Glibc.close(self.target) }

    /// A stream socket in there that does not block; negative, with ``refusal`` or ``isFamilyMissing``, when there is none.
    func makeSocket(family: Int32) -> Int32 {
        guard linux_setns(self.target, linux_clone_newnet()) == 0 else {
            self.refusal =
                errno == EPERM ? "no permission to enter network namespaces" : "setns failed: \(systemReason())"
            return -1
        }
        let descriptor = streamSocket(family: family)
        let failure = errno
        // Everything else this thread does would happen in the container: there is no way to go on.
        precondition(linux_setns(Self.own, linux_clone_newnet()) == 0, "no way back into our own network namespace")
        // A machine without IPv6: nobody listens there.
        self.isFamilyMissing = descriptor < 0 && failure == EAFNOSUPPORT
        if descriptor < 0, !self.isFamilyMissing {
            self.refusal = "no socket in the namespace: \(String(cString: strerror(failure)))"
        }
        return descriptor
    }
}

private func systemReason() -> String { String(cString: strerror(errno)) }

/// A stream socket that does not block and that no program which is started gets; negative, with `errno`, when there is none.
func streamSocket(family: Int32) -> Int32 {
    socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
}
