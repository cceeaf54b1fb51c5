import Foundation
import Testing

/// Who runs beside whom: tests that often wait run a few at a time; those that do hardly anything else take nobody's place;
/// those that measure time run alone, after them.
struct Turn: TestTrait, SuiteTrait, TestScoping {
    enum Kind {
        case alone, shared, idle
    }

    let kind: Kind
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Turns.shared.begin(self.kind)
        do { try await function() } catch {
            await Turns.shared.end(self.kind)
            throw error
        }
        await Turns.shared.end(self.kind)
    }
}

extension Trait where Self == Turn {
    /// Nothing else runs meanwhile.
    static var alone: Turn { Turn(kind: .alone) }
    /// Runs beside others.
    static var shared: Turn { Turn(kind: .shared) }
    /// Runs beside others and takes no place of theirs: it waits for a minute and more.
    static var idle: Turn { Turn(kind: .idle) }
}

private actor Turns {
    static let shared = Turns()

    /// They wait most of the time: more than there are processors.
    private let width = ProcessInfo.processInfo.environment["LIVE_WIDTH"].flatMap { Int($0) } ?? 4
    private var running: [Turn.Kind: Int] = [:]
    private var waiting: [(kind: Turn.Kind, turn: CheckedContinuation<Void, Never>)] = []

    func begin(_ kind: Turn.Kind) async {
        await withCheckedContinuation { turn in
            self.waiting.append((kind, turn))
            self.admit()
        }
    }

    func end(_ kind: Turn.Kind) {
        self.running[kind, default: 0] -= 1
        self.admit()
    }

    private func admit() {
        while let next = self.waiting.firstIndex(where: { self.mayBegin($0.kind) }) {
            let (kind, turn) = self.waiting.remove(at: next)
            self.running[kind, default: 0] += 1
            turn.resume()
        }
    }

    private func mayBegin(_ kind: Turn.Kind) -> Bool {
        guard self.running[.alone, default: 0] == 0 else { return false }
        return switch kind {
        case .idle: true
        case .shared: self.running[.shared, default: 0] < self.width
        // After all others.
        case .alone: self.running.values.allSatisfy { $0 == 0 } && self.waiting.allSatisfy { $0.kind == .alone }
        }
    }
}
