import CLinux
import Glibc

/// What a descriptor is watched for, and what it is ready for.
public struct Readiness: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reading does not block: there are bytes, the end of the stream, or an error to fetch.
    public static let readable = Readiness(rawValue: 1)
    /// Writing does not block.
    public static let writable = Readiness(rawValue: 2)
    /// The peer hung up or the descriptor is in error. Reported whether asked for or not, together with what was asked
    /// for, so that the next read or write meets the error.
    public static let failed = Readiness(rawValue: 4)

    init(epollEvents events: UInt32) {
        var readiness: Readiness = []
        let broken = events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        if broken { readiness.insert(.failed) }
        if broken || events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { readiness.insert(.readable) }
        if broken || events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
        self = readiness
    }

    var epollEvents: UInt32 {
        var events: UInt32 = 0
        if self.contains(.readable) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if self.contains(.writable) { events |= EPOLLOUT.rawValue }
        return events
    }
}
