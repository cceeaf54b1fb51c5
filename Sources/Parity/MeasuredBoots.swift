import Support

/// The boots that the watchdog's journal measured: from a restart that succeeded to the first good probe.
struct MeasuredBoots {
    private(set) var longest: [String: Duration] = [:]
    private var restarted: [String: Timestamp] = [:]
    private var isDependencysFault: [String: Bool] = [:]

    /// Takes a line of the journal; one that is torn or about something else changes nothing.
    mutating func take(_ line: Substring) {
        guard let fields = Logfmt.fields(line), let event = fields["event"], let service = fields["service"],
            let time = fields["time"].flatMap({ Timestamp($0) })
        else { return }
        switch event {
        // Who waits for a dependency takes as long as that does.
        case "detected": self.isDependencysFault[service] = fields["cause"] == "dependency"
        case "action_succeeded": self.restarted[service] = time
        case "recovered":
            guard let begun = self.restarted.removeValue(forKey: service), self.isDependencysFault[service] != true
            else {
                return
            }
            let boot = time - begun
            if boot > self.longest[service] ?? .zero { self.longest[service] = boot }
        default: self.restarted[service] = nil
        }
    }
}
