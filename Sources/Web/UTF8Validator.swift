/// Checks UTF-8 that arrives in pieces, and finds the first byte that can't be right (RFC 3629, 4).
struct UTF8Validator {
    /// Continuation bytes that the character begun still needs.
    private var missing = 0
    /// What the next continuation byte may be: the second byte is where overlong forms, surrogates and what is beyond
    /// U+10FFFF show.
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    /// True between characters.
    var isComplete: Bool { self.missing == 0 }

    /// Takes `byte`; false when no text has it here.
    mutating func take(_ byte: UInt8) -> Bool {
        if self.missing > 0 {
            guard self.next.contains(byte) else { return false }
            self.missing -= 1
            self.next = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.begin(1)
        case 0xE0: self.begin(2, 0xA0...0xBF)
        case 0xED: self.begin(2, 0x80...0x9F)
        case 0xE1...0xEF: self.begin(2)
        case 0xF0: self.begin(3, 0x90...0xBF)
        case 0xF1...0xF3: self.begin(3)
        case 0xF4: self.begin(3, 0x80...0x8F)
        default: return false
        }
        return true
    }

    private mutating func begin(_ missing: Int, _ next: ClosedRange<UInt8> = 0x80...0xBF) {
        self.missing = missing
        self.next = next
    }
}
