import Glibc
import Support

/// What happens in the simulated world, by chance.
extension SplitMix64 {
    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// How many milliseconds pass until something happens that happens once in `seconds` on average.
    mutating func wait(onceIn seconds: Double) -> Int {
        Int(-log(1 - Double.random(in: 0..<1, using: &self)) * seconds * 1_000) + 1
    }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
