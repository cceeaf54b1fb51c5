import Compose
import EventLoop
import Foundation
import Testing

@testable import Watchdog

@Suite("The control socket")
struct ControlTests {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent("control-\(UUID().uuidString)")
        .path

    init() { Loop.startThread() }

    private func folder(_ parent: String, project: String = "shop", mode: Int = 0o700) throws -> StateFolder {
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let folder = StateFolder(besides: "\(parent)/compose.yaml", project: project)
        folder.make()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
        return folder
    }

    @Test(
        "is for its owner alone and can be reached, however deep the project lies and whatever its name",
        arguments: ["shop", String(repeating: "long-name", count: 12)])
    func address(project: String) throws {
        defer { try? FileManager.default.removeItem(atPath: self.root) }
        let deep = self.root + String(repeating: "/a-folder-with-a-long-name", count: 8)
        let address = ControlAddress(of: try self.folder(deep, project: project))
        #expect(try address.connect() == nil)
        for _ in 1...2 {
            // The second time a dead one lies there.
            let listener = try address.listen()
            defer { close(listener) }
            let attributes = try FileManager.default.attributesOfItem(atPath: address.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let connection = try #require(try address.connect())
            close(connection)
        }
        #expect(try address.connect() == nil)
    }

    @Test("is nobody's where no watchdog ever ran")
    func noFolder() throws {
        let folder = StateFolder(besides: "\(self.root)/compose.yaml", project: "shop")
        #expect(try ControlAddress(of: folder).connect() == nil)
    }

    @Test("is refused where others could put one of their own", arguments: [0o777, 0o770, 0o702])
    func unsafe(mode: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: self.root) }
        let address = ControlAddress(of: try self.folder(self.root, mode: mode))
        #expect(throws: ControlAddress.Failure.self) { try address.listen() }
        #expect(throws: ControlAddress.Failure.self) { try address.connect() }
    }

    @Test("carries one line at a time, in pieces or not, and no longer than it may take or be")
    @Loop func lines() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let connection = ControlConnection(ends[0])
        defer {
            connection.close()
            close(ends[1])
        }
        let reply = ControlReply(.refused, "a \"text\"\nof two lines")
        let line = reply.controlLine
        #expect(line.filter { $0 == 0x0A }.count == 1)
        _ = line.prefix(5).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        #expect(await connection.line(within: .milliseconds(20)) == nil)
        _ = (line.dropFirst(5) + Array("next\n".utf8)).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        let received = try #require(await connection.line(within: .seconds(5)))
        #expect(try JSONDecoder().decode(ControlReply.self, from: Data(received)) == reply)
        #expect(await connection.line(within: .seconds(5)) == Array("next".utf8))
        let endless = [UInt8](repeating: 0x61, count: 70_000)
        _ = endless.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        #expect(await connection.line(within: .seconds(5)) == nil)
    }

    @Test("takes no request that lacks something or goes too far")
    func requests() {
        #expect(ControlRequest(.pause, service: "app").wish == nil)
        #expect(ControlRequest(.pause, service: "app", seconds: 0).wish == nil)
        #expect(ControlRequest(.pause, service: "app", seconds: ControlRequest.pauseMax + 1).wish == nil)
        #expect(ControlRequest(.heal, service: nil).wish == nil)
        let long = ControlRequest(.pause, service: nil, seconds: 60, reason: String(repeating: "x", count: 10_000))
        let expected = String(repeating: "x", count: 200)
        #expect(long.wish == .pause(service: nil, for: .seconds(60), reason: expected))
        // It is shown in a table and kept in the journal.
        let hostile = ControlRequest(.pause, service: nil, seconds: 60, reason: "a\u{1B}[2Jb\r\nc\u{9B}")
        #expect(hostile.wish == .pause(service: nil, for: .seconds(60), reason: "a [2Jb  c "))
        #expect(ControlRequest(.resume, service: nil).wish == .resume(service: nil))
    }
}
