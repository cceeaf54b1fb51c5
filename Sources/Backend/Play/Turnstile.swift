import EventLoop

/// Lets one caller through at a time, in the order in which they come.
@Loop
final class Turnstile {
    private var isTaken = false
    private var line: [CheckedContinuation<Void, Never>] = []

    nonisolated init() {}

    /// Returns when nobody is inside any more. Each is followed by one ``leave()``.
    func enter() async {
        if self.enterAtOnce() { return }
        await withCheckedContinuation { self.line.append($0) }
    }

    /// Enters when nobody is inside; false, and nothing happens, when somebody is.
    func enterAtOnce() -> Bool {
        if self.isTaken { return false }
        self.isTaken = true
        return true
    }

    /// Lets the next one in.
    func leave() {
        if self.line.isEmpty { self.isTaken = false } else { self.line.removeFirst().resume() }
    }
}
