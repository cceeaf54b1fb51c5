import FoundationEssentials
import Glibc
import Healing

/// Facts as a file of JSON lines: the header, then one entry a line.
enum FactFile {
    /// Of what is longer the end is left out, in bytes.
    static let sizeMax = 1_000_000

    static func text(of log: FactLog) -> String {
        var text = self.line(log.header)
        for entry in log.entries where text.utf8.count < self.sizeMax { text += self.line(entry) }
        return text
    }

    /// Nil for what is no such file; lines that are damaged are skipped.
    static func log(in text: String) -> FactLog? {
        let lines = text.split(separator: "\n")
        let decoder = JSONDecoder()
        guard let first = lines.first,
            let header = try? decoder.decode(FactLog.Header.self, from: Data(first.utf8))
        else { return nil }
        let entries = lines.dropFirst().compactMap { try? decoder.decode(FactLog.Entry.self, from: Data($0.utf8)) }
        return entries.isEmpty ? nil : FactLog(header, entries)
    }

    private static func line(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, numbers and names of ours can always be encoded.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }
}
