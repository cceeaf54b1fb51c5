import EventLoop
import Glibc
import ServiceTestKit
import Testing

@testable import Web

@Suite("What a WebSocket is told")
struct WebSocketSendTests {
    init() { Loop.startThread() }

    /// A WebSocket on one end of a pair of sockets that keep borders: what is sent at once is received at once.
    @Loop private final class Line {
        let socket: WebSocket
        private let client: Int32

        init(_ change: (inout WebSocketOptions) -> Void = { _ in }) throws {
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestKitError("no pair of sockets") }
            self.client = ends[1]
            var options = WebSocketOptions()
            change(&options)
            self.socket = WebSocket(ends[0], options, WebSocketHub())
        }

        /// The payloads of each packet that has arrived and was not taken yet.
        func packets() -> [[String]] {
            var packets: [[String]] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(self.client, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return packets }
                packets.append(Self.payloads(buffer[..<count]))
            }
        }

        /// The same of those that arrive until there are `count` payloads, or 30 s have passed.
        func packets(until count: Int) async throws -> [[String]] {
            let deadline = Loop.now.advanced(by: .seconds(30))
            var packets: [[String]] = []
            while packets.joined().count < count, Loop.now < deadline {
                try await Loop.sleep(for: .milliseconds(1))
                packets += self.packets()
            }
            return packets
        }

        /// Of short frames: a byte each for what it is and for its length.
        private static func payloads(_ bytes: ArraySlice<UInt8>) -> [String] {
            var rest = bytes
            var payloads: [String] = []
            while let length = rest.dropFirst().first {
                payloads.append(String(decoding: rest.dropFirst(2).prefix(Int(length)), as: UTF8.self))
                rest = rest.dropFirst(2 + Int(length))
            }
            return payloads
        }

        func close() {
            self.socket.cut()
            Glibc.close(self.client)
        }
    }

    @Test("in one turn of the loop is one packet at its end, and what follows in the next turn is another")
    @Loop func oneSendATurn() async throws {
        let line = try Line()
        defer { line.close() }
        for turn in 1...3 {
            let words = ["event \(turn)", "answer \(turn)", "more \(turn)"]
            for word in words { line.socket.send(.text(word)) }
            #expect(line.packets() == [], "the turn goes on")
            #expect(try await line.packets(until: words.count) == [words])
        }
    }

    @Test("in one turn may be more than may wait for a slow client, where the kernel takes it")
    @Loop func moreThanMayWait() async throws {
        let line = try Line { $0.sendBytes = 100 }
        defer { line.close() }
        let words = (10..<30).map { "0123456789012345678901234567\($0)" }
        for word in words { line.socket.send(.text(word)) }
        #expect(line.socket.isOpen)
        let packets = try await line.packets(until: words.count)
        #expect(Array(packets.joined()) == words)
        // As many in each as may wait.
        #expect(packets.dropLast().allSatisfy { $0.count == 3 })
    }
}
