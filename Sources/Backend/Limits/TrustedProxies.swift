/// The proxies in front of the backend whose word on a client's address is believed: `TRUSTED_PROXIES`.
struct TrustedProxies: Sendable, Hashable {
    /// Why a list is refused. Without the value.
    struct Fault: Error, Hashable {
        let problem: String
    }

    private struct Network: Sendable, Hashable {
        let address: IPAddress
        let bits: Int
    }

    /// Entries of one header that are looked at: more proxies than this stand in front of nobody.
    private static let hopsMost = 32

    private let networks: [Network]

    /// No proxy: whoever connects is the client.
    static let none = TrustedProxies(networks: [])

    private init(networks: [Network]) { self.networks = networks }

    /// Reads addresses and networks in CIDR notation, `10.0.0.0/8, ::1`, with commas between them.
    init(_ text: String) throws(Fault) {
        var networks: [Network] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = Self.trimmed(entry).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = parts.first.flatMap({ IPAddress($0) }) else { throw Self.malformed }
            let most = address.bytes.count * 8
            guard parts.count == 2 else {
                networks.append(Network(address: address, bits: most))
                continue
            }
            // `Int` would also read "+8".
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]), bits <= most
            else { throw Self.malformed }
            guard address.prefix(bits: bits) == address else {
                throw Fault(problem: "has a network with bits behind its prefix")
            }
            networks.append(Network(address: address, bits: bits))
        }
        self.networks = networks
    }

    private static let malformed = Fault(problem: "is not a list of addresses and networks such as 10.0.0.0/8, ::1")

    /// Whose request this is: the address that connected or, while that is a trusted proxy's, the one that it heard from,
    /// which is the last in `X-Forwarded-For`. What stands before the first untrusted address anybody may have written.
    ///
    /// - Parameter forwardedFor: the values of all `X-Forwarded-For` fields in their order.
    func client(peer: IPAddress, forwardedFor: [String]) -> IPAddress {
        var client = peer
        var hops = forwardedFor.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false)
        for _ in 0..<Self.hopsMost {
            guard self.contains(client), let hop = hops.popLast(), let address = IPAddress(Self.trimmed(hop)) else {
                break
            }
            client = address
        }
        return client
    }

    private func contains(_ address: IPAddress) -> Bool {
        self.networks.contains { $0.address.isSame(as: address, bits: $0.bits) }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
