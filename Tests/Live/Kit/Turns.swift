import Foundation
import Testing

/// Who runs beside whom: tests that mostly wait run a few at a time; those that measure time run alone, after them.
struct Turn: TestTrait, SuiteTrait, TestScoping {
    let isAlone: Bool
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Turns.shared.begin(isAlone: self.isAlone)
        do { try await function() } catch {
            await Turns.shared.end()
            throw error
        }
        await Turns.shared.end()
    }
}

extension Trait where Self == Turn {
    /// Nothing else runs meanwhile.
    static var alone: Turn { Turn(isAlone: true) }
    /// Runs beside others.
    static var shared: Turn { Turn(isAlone: false) }
}

private actor Turns {
    static let shared = Turns()

    /// They wait most of the time: more than there are processors.
    private let width = ProcessInfo.processInfo.environment["LIVE_WIDTH"].flatMap { Int($0) } ?? 4
    private var running = 0
    private var isOneAlone = false
    private var waiting: [(isAlone: Bool, turn: CheckedContinuation<Void, Never>)] = []

    func begin(isAlone: Bool) async {
        await withCheckedContinuation { turn in
            self.waiting.append((isAlone, turn))
            self.admit()
        }
    }

    func end() {
        self.running -= 1
        self.isOneAlone = false
        self.admit()
    }

    private func admit() {
        while !self.isOneAlone, self.running < self.width,
            let next = self.waiting.firstIndex(where: { !$0.isAlone })
        {
            self.running += 1
            self.waiting.remove(at: next).turn.resume()
        }
        if self.running == 0, !self.waiting.isEmpty {
            self.running = 1
            self.isOneAlone = true
            self.waiting.removeFirst().turn.resume()
        }
    }
}
