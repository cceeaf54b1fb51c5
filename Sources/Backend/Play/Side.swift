/// One of the two seats of a game. The raw value is that of answers and rows.
enum Side: String, Hashable, Sendable, CaseIterable, Codable {
    case white, black

    var other: Side { self == .white ? .black : .white }
}

/// A value for each seat.
struct PerSide<Value> {
    var white: Value
    var black: Value

    subscript(side: Side) -> Value {
        get { side == .white ? self.white : self.black }
        set { if side == .white { self.white = newValue } else { self.black = newValue } }
    }
}

extension PerSide: Sendable where Value: Sendable {}
extension PerSide: Equatable where Value: Equatable {}
extension PerSide: Hashable where Value: Hashable {}
