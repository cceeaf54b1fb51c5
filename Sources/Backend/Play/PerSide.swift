import Backgammon

/// A value for each seat of a game.
struct PerSide<Value> {
    var white: Value
    var black: Value

    subscript(player: Player) -> Value {
        get { player == .white ? self.white : self.black }
        set { if player == .white { self.white = newValue } else { self.black = newValue } }
    }
}

extension PerSide: Sendable where Value: Sendable {}
extension PerSide: Equatable where Value: Equatable {}
extension PerSide: Hashable where Value: Hashable {}
