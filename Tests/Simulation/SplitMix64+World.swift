import Support

/// What happens in the simulated world, by chance.
extension SplitMix64 {
    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// Whether something happens within a step of `step` milliseconds that happens once in `seconds` on average.
    mutating func happens(onceIn seconds: Double, step: Int) -> Bool { self.chance(Double(step) / 1_000 / seconds) }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
