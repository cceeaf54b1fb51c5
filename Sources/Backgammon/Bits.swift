/// Bits written and read from the lowest of the first byte on, as text in base 64 without padding: what both of GNU
/// Backgammon's IDs are made of.
struct Bits {
    /// Both IDs have fewer bits than this.
    private var value: UInt128 = 0
    /// Appended so far.
    private var count = 0
    /// The next one to be read.
    private var next = 0

    init() {}

    /// Appends the lowest `width` bits of `value`.
    mutating func append(_ value: Int, width: Int) {
        self.value |= (UInt128(truncatingIfNeeded: value) & (1 << width - 1)) << self.count
        self.count += width
    }

    mutating func append(_ part: (bits: Int, width: Int)) { self.append(part.bits, width: part.width) }

    /// What is beyond the end reads as zero.
    mutating func read(width: Int) -> Int {
        let value = self.value >> self.next & (1 << width - 1)
        self.next += width
        return Int(value)
    }

    /// Whether all that was not read is zero.
    var restIsZero: Bool { self.value >> self.next == 0 }

    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `count` bytes of it, the rest filled with zeros. Base 64 takes the highest bit of each byte first.
    func text(bytes count: Int) -> String {
        let digits = (count * 8 + 5) / 6
        return String(unsafeUninitializedCapacity: digits) { text in
            for digit in 0..<digits {
                let byte = digit * 6 / 8
                let pair = Int(self.byte(byte)) << 8 | Int(self.byte(byte + 1))
                text[digit] = Self.alphabet[pair >> (10 - digit * 6 % 8) & 63]
            }
            return digits
        }
    }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: self.value >> (index * 8)) }

    /// `kind` names the ID in errors.
    init(text: some StringProtocol, bytes count: Int, kind: InvalidID.Kind) throws(InvalidID) {
        let digits = [UInt8](text.utf8.prefix(count * 2))
        guard digits.count == (count * 8 + 5) / 6 else {
            throw InvalidID(kind, "it must have \((count * 8 + 5) / 6) characters")
        }
        self.count = count * 8
        for (index, digit) in digits.enumerated() {
            guard let value = Self.alphabet.firstIndex(of: digit) else {
                throw InvalidID(kind, "character \(index + 1) is not one of A-Z, a-z, 0-9, + and /")
            }
            for offset in 0..<6 where value >> (5 - offset) & 1 == 1 {
                let place = index * 6 + offset
                guard place < count * 8 else { throw InvalidID(kind, "its last character has bits beyond the end") }
                self.value |= 1 << (place / 8 * 8 + 7 - place % 8)
            }
        }
    }
}
