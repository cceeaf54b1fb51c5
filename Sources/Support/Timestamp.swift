import Glibc

/// A moment by the wall clock, for people and for files. Never used to decide how long something took.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Now, by the machine's clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public static func < (one: Timestamp, other: Timestamp) -> Bool { one.nanoseconds < other.nanoseconds }

    /// The time that passed from `earlier` to `later`; negative when the clock was set back between them.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds) - .nanoseconds(earlier.nanoseconds)
    }

    /// UTC to the millisecond as RFC 3339 writes it: `2026-11-24T10:51:54.123Z`.
    public var description: String {
        // Rounded down, not towards zero: a time before 1970 is negative.
        let rest = (self.nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000
        var seconds = time_t((self.nanoseconds - rest) / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let milliseconds = String(rest / 1_000_000)
        return "\(text).\(String(repeating: "0", count: 3 - milliseconds.count))\(milliseconds)Z"
    }

    /// Reads what ``description`` writes; nil for anything else, and for years that do not fit (before 1678, after 2261).
    public init?(_ text: String) {
        let shape = "dddd-dd-ddTdd:dd:dd.dddZ".utf8
        let isShaped =
            text.utf8.count == shape.count
            && zip(text.utf8, shape).allSatisfy { byte, expected in
                expected == UInt8(ascii: "d")
                    ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == expected
            }
        guard isShaped else { return nil }
        let numbers = text.utf8.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            .map { $0.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } }
        guard (1678...2261).contains(numbers[0]), (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) else {
            return nil
        }
        var parts = tm()
        parts.tm_year = Int32(numbers[0]) - 1900
        parts.tm_mon = Int32(numbers[1]) - 1
        parts.tm_mday = Int32(numbers[2])
        parts.tm_hour = Int32(numbers[3])
        parts.tm_min = Int32(numbers[4])
        parts.tm_sec = Int32(numbers[5])
        self.nanoseconds = (Int64(timegm(&parts)) * 1_000 + numbers[6]) * 1_000_000
    }
}
