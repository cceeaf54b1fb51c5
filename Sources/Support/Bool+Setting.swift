extension Bool {
    /// Reads a truth value as people write it: true, yes, on, 1, false, no, off, 0, in any case. Nil for anything else.
    public init?(setting text: String) {
        switch text.lowercased() {
        case "true", "yes", "on", "1": self = true
        case "false", "no", "off", "0": self = false
        default: return nil
        }
    }
}
