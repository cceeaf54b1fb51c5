import Compose
import YAML

/// A Compose file: what it means, and where it says so.
struct ComposeFile: Sendable {
    /// The path that findings name.
    let file: String
    /// What is written.
    private let source: YAMLNode
    /// What Compose makes of it, or `source` where Compose could not be asked.
    private let meaning: YAMLNode
    /// By name, sorted.
    let services: [ComposeService]

    /// - Parameter folder: the absolute path that Compose writes before relative ones; they become relative again.
    init(file: String, source: YAMLNode, meaning: YAMLNode?, folder: String) {
        self.file = file
        self.source = source
        self.meaning = meaning ?? source
        let lines = ComposeLines(file: file, source: source)
        self.services = (self.meaning["services"]?.entries ?? [])
            .compactMap { entry in
                guard let name = entry.key.text, entry.value.entries != nil else { return nil }
                return ComposeService(name: name, node: entry.value, lines: lines, folder: folder)
            }
            .sorted { $0.name < $1.name }
    }

    /// Where the top-level `key` is written; nil where it is not.
    func place(ofTopLevel key: String) -> Place? {
        self.source.entry(key).map { Place(self.file, $0.key.line) }
    }
}

/// Where things are written in a Compose file.
struct ComposeLines: Sendable {
    let file: String
    let source: YAMLNode

    /// The place of the last of `keys` that is written. What comes from an `include` or `extends` is written elsewhere, so
    /// for it that is the service or the first line.
    func place(_ keys: [String]) -> Place {
        var node = self.source
        var line = 1
        for key in keys {
            guard let entry = node.entry(key) else {
                // Settings and dependencies may be a list of texts.
                let element = node.elements?.first { $0.text == key || $0.text?.hasPrefix("\(key)=") == true }
                line = element?.line ?? line
                break
            }
            (line, node) = (entry.key.line, entry.value)
        }
        return Place(self.file, line)
    }
}
