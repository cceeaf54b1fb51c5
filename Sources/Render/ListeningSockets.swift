/// On which TCP ports a process's network namespace listens, read from `/proc/<pid>/net/tcp` and `tcp6`.
struct ListeningSockets: Hashable {
    /// What keeps Render from reaching a port.
    struct Obstacle: Hashable {
        /// For a person; continues a sentence about the service.
        let text: String
        /// Whether the service listens already, and at the wrong place.
        let isForGood: Bool
    }

    /// Reached from other machines.
    private(set) var open: Set<Int> = []
    /// Reached from within the container alone.
    private(set) var loopback: Set<Int> = []

    /// - Parameter tables: the texts of the two files, in the form of proc(5): `sl local_address rem_address st …`, the
    ///   address in hexadecimal, port behind a colon, state 0A for a listener.
    init(tables: [String]) {
        for line in tables.flatMap({ $0.split(separator: "\n") }) {
            let words = line.split(separator: " ")
            guard words.count > 3, words[3] == "0A" else { continue }
            let parts = words[1].split(separator: ":")
            guard parts.count == 2, parts[0] != Self.dockersResolver, let port = Int(parts[1], radix: 16) else {
                continue
            }
            if Self.isLoopback(parts[0]) { self.loopback.insert(port) } else { self.open.insert(port) }
        }
        self.loopback.subtract(self.open)
    }

    /// 127.0.0.11, where Docker itself listens in every container of a network with names.
    private static let dockersResolver = "0B00007F"

    /// 127.0.0.0/8, alone or mapped into IPv6, and ::1; each 32-bit word stands there in the machine's byte order.
    private static func isLoopback(_ address: Substring) -> Bool {
        address == "00000000000000000000000001000000"
            || address.suffix(8).hasSuffix("7F")
                && (address.count == 8 || address.hasPrefix("0000000000000000FFFF0000"))
    }

    /// What keeps Render from reaching `port`; nil where it is open.
    func obstacle(to port: Int) -> Obstacle? {
        if self.open.contains(port) { return nil }
        if self.loopback.contains(port) {
            return Obstacle(
                text:
                    "listens on the loopback address alone, where Render can't reach it; it must bind 0.0.0.0:\(port)",
                isForGood: true)
        }
        let others = self.open.union(self.loopback).sorted().map(String.init).joined(separator: ", ")
        return others.isEmpty
            ? Obstacle(text: "listens on no port yet", isForGood: false)
            : Obstacle(text: "listens on port \(others) and not on \(port); it must heed PORT", isForGood: true)
    }
}
