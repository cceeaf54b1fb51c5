extension Unicode.Scalar {
    /// Whether a terminal might obey it: C0, DEL, and C1, in which U+009B alone begins a sequence.
    var isControl: Bool { self.value < 0x20 || (0x7F...0x9F).contains(self.value) }
}

extension String {
    /// The text on one line that no terminal obeys: with a space for each control character.
    public var printable: String {
        String(String.UnicodeScalarView(self.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}
