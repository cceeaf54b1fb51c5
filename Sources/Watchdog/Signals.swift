/// Signals as the engine writes them: a number in events, a name or a number in an image.
enum Signals {
    /// The number of a signal given as `15`, `TERM` or `SIGTERM`; nil when it is none of the usual ones.
    static func number(_ signal: String) -> Int? {
        if let number = Int(signal) { return number }
        let name = signal.uppercased()
        return self.numbers[name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name]
    }

    // Linux's numbers; `RTMIN+3` is how systemd is asked to stop in a container.
    private static let numbers = [
        "HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "WINCH": 28, "PWR": 30,
        "RTMIN+3": 37,
    ]
}
