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
        String(unsafeUninitializedCapacity: Self.length) { text in
            guard let start = text.baseAddress else { return 0 }
            self.write(to: start)
            return Self.length
        }
    }

    /// Bytes of ``description``.
    static let length = 24

    /// Writes ``description``, for which there has to be room.
    func write(to text: UnsafeMutablePointer<UInt8>) {
        // Rounded down, not towards zero: a time before 1970 is negative.
        let milliseconds = Self.floored(self.nanoseconds, 1_000_000).quotient
        let (days, time) = Self.floored(milliseconds, 86_400_000)
        let (year, month, day) = Self.date(daysSince1970: Int(days))
        let (seconds, rest) = (Int(time) / 1_000, Int(time) % 1_000)
        var next = 0
        func put(_ value: Int, _ digits: Int, _ end: Unicode.Scalar) {
            var value = value
            for index in stride(from: next + digits - 1, through: next, by: -1) {
                text[index] = UInt8(ascii: "0") + UInt8(value % 10)
                value /= 10
            }
            text[next + digits] = UInt8(ascii: end)
            next += digits + 1
        }
        put(year, 4, "-")
        put(month, 2, "-")
        put(day, 2, "T")
        put(seconds / 3_600, 2, ":")
        put(seconds / 60 % 60, 2, ":")
        put(seconds % 60, 2, ".")
        put(rest, 3, "Z")
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = (value % divisor + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }

    /// Without the C library, whose `strftime` costs more than all the rest of an event. Howard Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms", `civil_from_days`: years begin in March, so that the leap day is their last.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            yearOfEra + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
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
