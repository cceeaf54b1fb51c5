import Glibc

/// An address of IPv4 or IPv6, without port and zone. An IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) is the IPv4
/// address: a listener for both gets it that way.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16.
    let bytes: [UInt8]

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    private init(bytes: [UInt8]) {
        let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// Reads `192.0.2.1` or `2001:db8::1` as `inet_pton(3)` does; nil for everything else.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else {
            return nil
        }
    }

    /// Whether the first `bits` bits are the same; not for addresses of different kinds.
    func isSame(as other: IPAddress, bits: Int) -> Bool {
        guard self.bytes.count == other.bytes.count else { return false }
        return zip(self.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let compared = min(8, max(0, bits - index * 8))
            return (pair.0 ^ pair.1) >> UInt8(8 - compared) == 0
        }
    }

    /// The address with all but its first `bits` bits 0.
    func prefix(bits: Int) -> IPAddress {
        IPAddress(
            bytes: self.bytes.enumerated().map { index, byte in
                let kept = min(8, max(0, bits - index * 8))
                return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
            })
    }

    var description: String {
        var text = [CChar](repeating: 0, count: 46)
        inet_ntop(self.bytes.count == 4 ? AF_INET : AF_INET6, self.bytes, &text, 46)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
