import EventLoop

/// Names requests, so that an answer can be found in the log.
@Loop
struct RequestIDs {
    private let prefix = String(UInt32.random(in: .min ... .max), radix: 36)
    private var count: UInt64 = 0

    /// `offered` if it is short and harmless in a log, a new name otherwise.
    mutating func id(offered: String?) -> String {
        if let offered, (1...64).contains(offered.utf8.count), offered.utf8.allSatisfy(Self.isHarmless) {
            return offered
        }
        self.count += 1
        return "\(self.prefix)-\(self.count)"
    }

    private static nonisolated func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
