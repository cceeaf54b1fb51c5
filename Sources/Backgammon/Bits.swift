/// Bits written and read from the lowest of the first byte on, as text in base 64 without padding: what both of GNU
/// Backgammon's IDs are made of.
struct Bits {
    private(set) var bits: [Bool] = []
    private var next = 0

    init() {}

    mutating func append(_ value: Int, width: Int) {
        for bit in 0..<width { self.bits.append(value >> bit & 1 == 1) }
    }

    /// What is beyond the end reads as zero.
    mutating func read(width: Int) -> Int {
        var value = 0
        for bit in 0..<width {
            if self.next < self.bits.count, self.bits[self.next] { value |= 1 << bit }
            self.next += 1
        }
        return value
    }

    /// Whether all that was not read is zero.
    var restIsZero: Bool { !self.bits.dropFirst(self.next).contains(true) }

    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `count` bytes of it, the rest filled with zeros. Base 64 takes the highest bit of each byte first.
    func text(bytes count: Int) -> String {
        let digits = (count * 8 + 5) / 6
        return String(
            decoding: (0..<digits).map { digit in
                var value = 0
                for place in (digit * 6)..<(digit * 6 + 6) {
                    let bit = place / 8 * 8 + 7 - place % 8
                    value = value << 1 | (bit < self.bits.count && self.bits[bit] ? 1 : 0)
                }
                return Self.alphabet[value]
            }, as: UTF8.self)
    }

    /// `kind` names the ID in errors.
    init(text: some StringProtocol, bytes count: Int, kind: InvalidID.Kind) throws(InvalidID) {
        let digits = [UInt8](text.utf8.prefix(count * 2))
        guard digits.count == (count * 8 + 5) / 6 else {
            throw InvalidID(kind, "it must have \((count * 8 + 5) / 6) characters")
        }
        self.bits = [Bool](repeating: false, count: count * 8)
        for (index, digit) in digits.enumerated() {
            guard let value = Self.alphabet.firstIndex(of: digit) else {
                throw InvalidID(kind, "character \(index + 1) is not one of A-Z, a-z, 0-9, + and /")
            }
            for offset in 0..<6 where value >> (5 - offset) & 1 == 1 {
                let place = index * 6 + offset
                guard place < count * 8 else { throw InvalidID(kind, "its last character has bits beyond the end") }
                self.bits[place / 8 * 8 + 7 - place % 8] = true
            }
        }
    }
}
