import Backgammon
import EventLoop

/// Throws dice that nobody can foretell. Their random bytes are drawn from the kernel many at a time, as asking it for each
/// die costs as much as carrying out the roll.
@Loop
final class DiceCup {
    private static nonisolated let bytesAtOnce = 256

    private var bytes: [UInt8] = []

    nonisolated init() {}

    func roll() -> Dice {
        while true {
            if let dice = Dice(self.die(), self.die()) { return dice }
        }
    }

    private func die() -> Int {
        while true {
            guard let byte = self.bytes.popLast() else {
                self.bytes = Sodium.randomBytes(Self.bytesAtOnce)
                continue
            }
            // The highest four would make some numbers likelier than others.
            if byte < 252 { return Int(byte % 6) + 1 }
        }
    }
}
