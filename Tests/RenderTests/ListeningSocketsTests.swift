import Testing

@testable import Render

@Suite("Where a container listens")
struct ListeningSocketsTests {
    private static let head = "  sl  local_address rem_address   st tx_queue rx_queue\n"

    @Test("a port on 0.0.0.0, on :: or on an address of its own is reached")
    func reached() {
        for address in ["00000000:2710", "00000000000000000000000000000000:2710", "020011AC:2710"] {
            let sockets = ListeningSockets(tables: [Self.head + "   0: \(address) 00000000:0000 0A 0 0\n"])
            #expect(sockets.obstacle(to: 10_000) == nil, "\(address)")
        }
    }

    @Test("a port on a loopback address, another port and none are told apart")
    func obstacles() throws {
        for address in ["0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"] {
            let sockets = ListeningSockets(tables: [Self.head + "   0: \(address):2710 00000000:0000 0A 0 0\n"])
            #expect(try #require(sockets.obstacle(to: 10_000)).text.contains("loopback"), "\(address)")
        }
        let other = ListeningSockets(tables: [Self.head + "   0: 00000000:0BB8 00000000:0000 0A 0 0\n"])
        #expect(try #require(other.obstacle(to: 10_000)).text.contains("3000"))
        let resolver = ListeningSockets(tables: [Self.head + "   0: 0B00007F:AD99 00000000:0000 0A 0 0\n"])
        #expect(try #require(resolver.obstacle(to: 10_000)).isForGood == false, "Docker's own resolver")
        let connected = ListeningSockets(tables: [Self.head + "   0: 00000000:2710 00000000:0000 01 0 0\n"])
        #expect(try #require(connected.obstacle(to: 10_000)).isForGood == false)
    }
}
