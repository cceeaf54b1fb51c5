import Watchdog

/// The words behind a command, taken apart by the names of its options.
struct Words {
    /// What is wrong with them.
    struct Fault: Error { let problem: String }

    private var words: [String]

    init(_ words: [String]) { self.words = words }

    /// Takes out `name`, and tells whether it was there.
    mutating func flag(_ name: String) -> Bool {
        guard let place = self.words.firstIndex(of: name) else { return false }
        self.words.remove(at: place)
        return true
    }

    /// Takes out `name VALUE` or `name=VALUE`.
    mutating func value(_ name: String) throws(Fault) -> String? {
        if let place = self.words.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
            return String(self.words.remove(at: place).dropFirst(name.count + 1))
        }
        guard let place = self.words.firstIndex(of: name) else { return nil }
        guard place + 1 < self.words.count else { throw Fault(problem: "\(name) wants a value behind it") }
        self.words.remove(at: place)
        return self.words.remove(at: place)
    }

    /// As ``value(_:)``, a whole number of a range.
    mutating func number(_ name: String, in range: ClosedRange<Int>) throws(Fault) -> Int? {
        guard let text = try self.value(name) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        throw Fault(problem: "\(name) wants a number from \(range.lowerBound) to \(range.upperBound)")
    }

    /// Takes out `--all` or `--label NAME`: which services are meant.
    mutating func selectionOption() throws(Fault) -> Selection? {
        let isAll = self.flag("--all")
        let label = try self.value("--label")
        if isAll, label != nil { throw Fault(problem: "--all and --label are two different things") }
        return isAll ? .all : label.map { Selection(label: $0) }
    }

    /// The same, or the one service that is named.
    mutating func selection(withService: Bool) throws(Fault) -> Selection? {
        let option = try self.selectionOption()
        guard let service = try self.rest(atMost: withService ? 1 : 0).first else { return option }
        if option != nil { throw Fault(problem: "\"\(service)\" is one word too many beside --all or --label") }
        return Selection(service: service)
    }

    /// What is left, which must be no option and no more than `count` words.
    func rest(atMost count: Int) throws(Fault) -> [String] {
        if let option = self.words.first(where: { $0.hasPrefix("-") }) {
            throw Fault(problem: "there is no option \(option) here")
        }
        guard self.words.count <= count else { throw Fault(problem: "\"\(self.words[count])\" is one word too many") }
        return self.words
    }
}
