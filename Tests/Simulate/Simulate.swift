import Foundation
import Simulator
import Synchronization

/// A long run of the simulation: one seed after the other on every processor, until so many hours were simulated or so
/// much time has passed. See scripts/simulate.sh.
@main
enum Simulate {
    private static let usage = """
        usage: simulate [--hours N] [--seconds N] [--first SEED]   (1000000, 300, the time of day)
               simulate --scenario storm|broken|month --seed N     tells that one's whole story
        """

    /// What all threads have done so far.
    private struct Tally {
        var next: UInt64
        var seconds = 0.0
        var actions = 0
        var plays = 0
        var faults = 0
    }

    static func main() {
        let options = self.options()
        func number(_ name: String, _ standard: UInt64) -> UInt64 {
            guard let text = options[name] else { return standard }
            guard let number = UInt64(text) else { self.fail("\(name) takes a number, not \(text)\n\(self.usage)", 2) }
            return number
        }
        if let name = options["--scenario"] {
            guard let scenario = Scenario(rawValue: name), options["--seed"] != nil else { self.fail(self.usage, 2) }
            self.tell(scenario, seed: number("--seed", 0))
        }
        // Other seeds each time: what one run does not find, another may.
        let first = number("--first", UInt64(Date().timeIntervalSince1970))
        self.play(
            from: first, hours: Double(number("--hours", 1_000_000)), within: .seconds(Int64(number("--seconds", 300))))
    }

    private static func options() -> [String: String] {
        var options: [String: String] = [:]
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            if word == "--help" {
                print(self.usage)
                exit(0)
            }
            let isKnown = ["--hours", "--seconds", "--first", "--scenario", "--seed"].contains(word)
            guard isKnown, let value = words.popFirst() else { self.fail(self.usage, 2) }
            options[word] = value
        }
        return options
    }

    private static func say(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }

    private static func fail(_ message: String, _ code: Int32) -> Never {
        self.say(message)
        exit(code)
    }

    private static func tell(_ scenario: Scenario, seed: UInt64) -> Never {
        let outcome = scenario.play(seed: seed, isTold: true)
        print(outcome.story.joined(separator: "\n"))
        print(outcome.fault ?? "nothing is wrong")
        exit(outcome.fault == nil ? 0 : 1)
    }

    private static func play(from first: UInt64, hours: Double, within limit: Duration) {
        let began = ContinuousClock.now
        let tally = Mutex(Tally(next: first))
        DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
            while began.duration(to: .now) < limit {
                let seed = tally.withLock { tally -> UInt64? in
                    guard tally.seconds / 3_600 < hours else { return nil }
                    tally.next += 1
                    return tally.next - 1
                }
                guard let seed else { return }
                // A storm and a broken service are as dense as can be; a month makes the hours.
                let scenario: Scenario = seed % 16 == 0 ? .storm : seed % 16 == 1 ? .broken : .month
                let outcome = scenario.play(seed: seed)
                tally.withLock { tally in
                    tally.seconds += outcome.seconds
                    tally.actions += outcome.actions
                    tally.plays += 1
                    guard let fault = outcome.fault else { return }
                    tally.faults += 1
                    self.say(
                        "WRONG: \(fault)\nagain: scripts/simulate.sh --scenario \(scenario.rawValue) --seed \(seed)")
                }
            }
        }
        let time = began.duration(to: .now).components.seconds
        let sum = tally.withLock { $0 }
        print(
            "\(Int(sum.seconds / 3_600)) simulated hours in \(time) s: \(sum.plays) stories from seed \(first) on, "
                + "\(sum.actions) actions, nine rules checked at each")
        if sum.faults > 0 { self.fail("\(sum.faults) stories went wrong", 1) }
    }
}
