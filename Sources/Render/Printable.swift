/// What somebody else wrote, so that it can be shown: control characters, which could move a terminal's cursor or colour
/// what follows, are replaced.
func printable(_ text: some StringProtocol) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
}
