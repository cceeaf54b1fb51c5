import Evidence
import Foundation
import Support
import Testing

@Suite("The folder of an incident")
struct IncidentFolderTests {
    private let parent = FileManager.default.temporaryDirectory.appendingPathComponent("incidents-\(UUID().uuidString)")
        .path

    private func folder(_ number: Int) throws -> IncidentFolder {
        let time = String(format: "2026-11-28T10:%02d:%02d.000Z", number / 60, number % 60)
        return IncidentFolder(
            in: self.parent, project: "shop", number: number, began: try #require(Timestamp(time)))
    }

    @Test("is named so that the order of names is that of time, and its files are for their owner alone")
    func names() throws {
        defer { try? FileManager.default.removeItem(atPath: self.parent) }
        let folder = try self.folder(7)
        #expect(folder.name == "20261128T100007Z-shop-7")
        try folder.make()
        try folder.write(Array("x".utf8), to: "1-restart/logs.txt")
        for (path, mode) in [("", 0o700), ("/1-restart", 0o700), ("/1-restart/logs.txt", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
    }

    @Test("is one of fifty: the oldest go, what else lies there stays")
    func fifty() throws {
        defer { try? FileManager.default.removeItem(atPath: self.parent) }
        try self.folder(0).make()
        _ = FileManager.default.createFile(atPath: "\(self.parent)/note.txt", contents: nil)
        for number in 0..<53 {
            let folder = try self.folder(number)
            try folder.make()
            try folder.write([], to: "1-restart/logs.txt")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: self.parent).sorted()
        #expect(names.count == 51)
        #expect(names.first == "20261128T100003Z-shop-3")
        #expect(names.last == "note.txt")
    }

    @Test("does not follow a link that lies in its place")
    func link() throws {
        defer { try? FileManager.default.removeItem(atPath: self.parent) }
        let folder = try self.folder(1)
        try folder.make()
        let victim = "\(self.parent)/victim"
        _ = FileManager.default.createFile(atPath: victim, contents: Data("kept".utf8))
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/report.md", withDestinationPath: victim)
        #expect(throws: IncidentFolder.Failure.self) { try folder.write([], to: "report.md") }
        #expect(FileManager.default.contents(atPath: victim) == Data("kept".utf8))
    }

    @Test("says why, where it can't be made")
    func unwritable() throws {
        let folder = IncidentFolder(in: "/proc/nowhere", project: "shop", number: 1, began: .now)
        #expect(throws: IncidentFolder.Failure.self) { try folder.make() }
    }
}
