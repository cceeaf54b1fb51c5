/// The pairs behind a target's `?`, decoded as browsers encode forms: `+` is a space, `a` alone is `a=`.
public struct HTTPQuery: Sendable, Hashable {
    /// One name and its value.
    public struct Pair: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    /// In the order sent, repeated names included.
    public let pairs: [Pair]

    init() { self.pairs = [] }

    /// Nil when an escape is broken or not UTF-8. An absent query has no pairs.
    init?(parsing text: (some StringProtocol)?) {
        var pairs: [Pair] = []
        for part in text?.split(separator: "&") ?? [] {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentDecoding.decode(sides[0], plusIsSpace: true),
                let value = PercentDecoding.decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            else { return nil }
            pairs.append(Pair(name: name, value: value))
        }
        self.pairs = pairs
    }

    /// The first value of `name`; nil where there is none.
    public subscript(_ name: String) -> String? {
        self.pairs.first { $0.name == name }?.value
    }
}
