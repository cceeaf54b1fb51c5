import Foundation

/// Something that a test needs did not work or did not come in time.
struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Asks `body` until it gives something.
///
/// - Parameter what: completes "waited in vain for".
func eventually<Value>(
    _ what: @autoclosure () -> String, within limit: Duration, every pause: Duration = .milliseconds(100),
    _ body: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < deadline else { throw Trouble("waited \(limit) in vain for \(what())") }
        try await Task.sleep(for: pause)
    }
}

/// The same for what is true or not.
func eventually(
    _ what: @autoclosure () -> String, within limit: Duration, every pause: Duration = .milliseconds(100),
    isTrue body: () async throws -> Bool
) async throws {
    try await eventually(what(), within: limit, every: pause) { try await body() ? () : nil }
}

/// Runs what blocks on a thread of its own, so that other tests go on.
func offload<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: body()) }
    }
}

extension Duration {
    var inSeconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }
}

extension [Duration] {
    /// Of an even number the upper of the two in the middle.
    var median: Duration { self.sorted()[self.count / 2] }

    /// For a person: seconds, in the order measured.
    var text: String { self.map { String(format: "%.2f", $0.inSeconds) }.joined(separator: " ") + " s" }
}
