import EventLoop
import FoundationEssentials
import Glibc
import Support

/// The journal of one deploy: a JSON object a line, each on the disk before what it announces.
@Loop
struct DeployJournal {
    private struct Line: Codable {
        let time: String
        let event: DeployEvent
    }

    private let file: AppendOnlyFile

    init(_ folder: DeployFolder) {
        // Never rotated: a deploy has some dozens of lines.
        self.file = AppendOnlyFile(path: folder.journal, rotatingAt: .max)
    }

    func append(_ event: DeployEvent) async throws(AppendOnlyFile.Failure) {
        let line = json(Line(time: utcNow(), event: event))
        // A disk that is slow must not undo a deploy.
        try await self.file.append(line, within: .seconds(30))
    }

    /// What is in a journal, up to a line that is torn; and the time of the first and the last.
    static func read(_ folder: DeployFolder) -> (events: [DeployEvent], began: Timestamp?, ended: Timestamp?) {
        guard let bytes = readFile(folder.journal) else { return ([], nil, nil) }
        var lines: [Line] = []
        for text in bytes.split(separator: 0x0A) {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { continue }
            lines.append(line)
        }
        return (
            lines.map(\.event), lines.first.flatMap { Timestamp($0.time) }, lines.last.flatMap { Timestamp($0.time) }
        )
    }
}

/// `value` as one line of JSON. Only for values of our own that can always be encoded.
func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
        preconditionFailure("not encodable: \(error)")
    }
}
