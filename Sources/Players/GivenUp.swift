/// A player can't go on: in words.
struct GivenUp: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
