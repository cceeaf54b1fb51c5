import Support
import Testing

@testable import Backend

@Suite("Token buckets")
struct TokenBucketTests {
    private static let start = SuspendingClock.now

    private static func at(_ milliseconds: Int) -> SuspendingClock.Instant {
        Self.start.advanced(by: .milliseconds(milliseconds))
    }

    @Test("allow a burst, then one each interval, and say how many are left and how long to wait")
    func conversation() {
        var buckets = TokenBuckets<String>(burst: 3, interval: .milliseconds(100))
        func take(_ milliseconds: Int) -> TokenBuckets<String>.Verdict { buckets.take("a", at: Self.at(milliseconds)) }
        #expect(take(0) == .init(isAllowed: true, left: 2, wait: .milliseconds(100)))
        #expect(take(0) == .init(isAllowed: true, left: 1, wait: .milliseconds(100)))
        #expect(take(50) == .init(isAllowed: true, left: 0, wait: .milliseconds(50)))
        #expect(take(60) == .init(isAllowed: false, left: 0, wait: .milliseconds(40)))
        // A refusal costs nothing.
        #expect(take(99) == .init(isAllowed: false, left: 0, wait: .milliseconds(1)))
        #expect(take(100) == .init(isAllowed: true, left: 0, wait: .milliseconds(100)))
        #expect(take(199).isAllowed == false)
        #expect(take(1_000) == .init(isAllowed: true, left: 2, wait: .milliseconds(100)))
    }

    @Test("of one key leave those of others alone")
    func keys() {
        var buckets = TokenBuckets<Int>(burst: 1, interval: .seconds(1))
        for key in 0..<10 { #expect(buckets.take(key, at: Self.start).isAllowed) }
        for key in 0..<10 { #expect(!buckets.take(key, at: Self.start).isAllowed) }
    }

    @Test("never allow more than burst and time together, whatever the times of asking", arguments: UInt64(0)..<20)
    func bound(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var buckets = TokenBuckets<Int>(burst: 5, interval: .milliseconds(10))
        var allowed: [Int] = []
        var time = 0
        for _ in 0..<2_000 {
            time += Int.random(in: 0..<15, using: &random)
            if buckets.take(0, at: Self.at(time)).isAllowed { allowed.append(time) }
        }
        for (index, begin) in allowed.enumerated() {
            guard index + 50 < allowed.count else { break }
            #expect(allowed[index + 50] - begin >= (50 - 5) * 10)
        }
        // And whoever asks more seldom than that is never refused.
        for step in 1..<100 { #expect(buckets.take(1, at: Self.at(time + step * 10)).isAllowed) }
    }

    @Test("remember a bounded number of keys, and of these the ones asked for last")
    func memory() {
        var buckets = TokenBuckets<Int>(burst: 1, interval: .seconds(1_000), keysMost: 100)
        for key in 0..<10_000 {
            #expect(buckets.take(key, at: Self.start).isAllowed)
            // In use all the time, so never forgotten, and refused.
            #expect(!buckets.take(0, at: Self.start).isAllowed)
            #expect(buckets.count <= 100)
        }
        for key in 9_951..<10_000 { #expect(!buckets.take(key, at: Self.start).isAllowed) }
    }
}

@Suite("Addresses of clients")
struct ClientAddressTests {
    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test("are read in both kinds, and an IPv4 address in IPv6's clothes is one of IPv4")
    func reading() throws {
        #expect(try Self.address("192.0.2.1").bytes == [192, 0, 2, 1])
        #expect(try Self.address("::ffff:192.0.2.1") == Self.address("192.0.2.1"))
        #expect(try Self.address("2001:DB8:0::1").description == "2001:db8::1")
        #expect(try Self.address("10.0.0.9").description == "10.0.0.9")
        for wrong in [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::1%lo", "[::1]", "1.2.3.4:80", "a", " ::1", "::1\0",
        ] {
            #expect(IPAddress(wrong) == nil)
        }
    }

    @Test("are compared and cut by bits")
    func bits() throws {
        let (left, right) = (try Self.address("10.1.255.0"), try Self.address("10.1.128.0"))
        #expect(left.isSame(as: right, bits: 17) && !left.isSame(as: right, bits: 18))
        #expect(try left.isSame(as: Self.address("200.0.0.1"), bits: 0))
        #expect(try !left.isSame(as: Self.address("::1"), bits: 0))
        #expect(left.prefix(bits: 17) == right && left.prefix(bits: 32) == left)
        #expect(try Self.address("2001:db8:1:2:3:4:5:6").prefix(bits: 64) == Self.address("2001:db8:1:2::"))
    }

    private static func client(_ trusted: String, peer: String, _ forwardedFor: String...) throws -> String {
        let proxies = try TrustedProxies(trusted)
        return proxies.client(peer: try Self.address(peer), forwardedFor: forwardedFor).description
    }

    @Test("are the last that a trusted proxy did not write itself, whatever the client made up before")
    func forwarded() throws {
        let render = "10.0.0.0/8, ::1"
        #expect(try Self.client(render, peer: "10.1.2.3", "203.0.113.7") == "203.0.113.7")
        #expect(try Self.client(render, peer: "10.1.2.3", "1.1.1.1, 203.0.113.7,10.9.9.9") == "203.0.113.7")
        #expect(try Self.client(render, peer: "10.1.2.3", "1.1.1.1", "203.0.113.7") == "203.0.113.7")
        #expect(try Self.client(render, peer: "::1", "2001:db8::5") == "2001:db8::5")
        #expect(try Self.client(render, peer: "::ffff:10.0.0.1", "203.0.113.7") == "203.0.113.7")
        // Nobody trusted has connected.
        #expect(try Self.client(render, peer: "203.0.113.9", "1.1.1.1") == "203.0.113.9")
        #expect(
            try TrustedProxies.none.client(peer: Self.address("10.0.0.1"), forwardedFor: ["1.1.1.1"])
                == Self.address("10.0.0.1"))
        // Only proxies, nothing, or something that is no address: the last that is known.
        #expect(try Self.client(render, peer: "10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3")
        #expect(try Self.client(render, peer: "10.0.0.1") == "10.0.0.1")
        #expect(try Self.client(render, peer: "10.0.0.1", "1.1.1.1, unknown, 10.0.0.2") == "10.0.0.2")
        #expect(try Self.client(render, peer: "10.0.0.1", "1.1.1.1, ") == "10.0.0.1")
    }

    @Test("are looked for among no more than 32 proxies")
    func longList() throws {
        let hops = ["203.0.113.7"] + Array(repeating: "10.0.0.2", count: 31)
        #expect(try Self.client("10.0.0.0/8", peer: "10.0.0.1", hops.joined(separator: ",")) == "203.0.113.7")
        let more = ["203.0.113.7"] + Array(repeating: "10.0.0.2", count: 32)
        #expect(try Self.client("10.0.0.0/8", peer: "10.0.0.1", more.joined(separator: ",")) == "10.0.0.2")
    }

    @Test(
        "of proxies are refused when malformed",
        arguments: [
            "", ",", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "::1/129", "10.0.0.1/8", "proxy",
        ]
    )
    func malformed(text: String) {
        #expect(throws: TrustedProxies.Fault.self) { try TrustedProxies(text) }
    }
}
