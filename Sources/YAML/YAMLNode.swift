/// A value of a YAML file, with the place where it is written.
///
/// Aliases (`*name`) are replaced by what they stand for, which keeps the place of the anchor. Nothing else is
/// interpreted: a mapping keeps the order and the repetitions of its keys, a scalar is the text that it was written as.
public struct YAMLNode: Hashable, Sendable {
    /// What the value is.
    public enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// A text, number, boolean or null.
    public struct Scalar: Hashable, Sendable {
        /// Without quotes, escapes resolved, lines folded.
        public let text: String
        /// Whether it stands there without quotes; only then `true`, `12` and `~` are no texts.
        public let isPlain: Bool
    }

    /// One `key: value`.
    public struct Entry: Hashable, Sendable {
        public let key: YAMLNode
        public let value: YAMLNode
    }

    public let content: Content
    /// The explicit tag, such as `!reset` of Compose; nil where none is written.
    public let tag: String?
    /// Where it begins, counted from 1.
    public let line: Int
    /// In characters, counted from 1.
    public let column: Int
}

extension YAMLNode {
    /// The text of a scalar; nil for everything else.
    public var text: String? {
        guard case .scalar(let scalar) = self.content else { return nil }
        return scalar.text
    }

    /// Whether nothing is there: an empty value, `~` or `null`.
    public var isNull: Bool {
        guard case .scalar(let scalar) = self.content, scalar.isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// A plain `true` or `false` as YAML 1.2's core schema has them; nil for everything else, `yes` and `on` among it.
    public var bool: Bool? {
        guard case .scalar(let scalar) = self.content, scalar.isPlain else { return nil }
        switch scalar.text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: return nil
        }
    }

    /// A plain whole number in decimal digits; nil for everything else.
    public var int: Int? {
        guard case .scalar(let scalar) = self.content, scalar.isPlain else { return nil }
        return Int(scalar.text)
    }

    /// The elements of a sequence; nil for everything else.
    public var elements: [YAMLNode]? {
        guard case .sequence(let elements) = self.content else { return nil }
        return elements
    }

    /// The entries of a mapping, repeated keys too; nil for everything else.
    public var entries: [Entry]? {
        guard case .mapping(let entries) = self.content else { return nil }
        return entries
    }

    /// What a mapping has under `key`: the first entry of that key, else what merge keys (`<<`) bring in. Nil where it
    /// has none, and for what is no mapping.
    public subscript(key: String) -> YAMLNode? { self.entry(key)?.value }

    /// As the subscript, with the key and so the place of the key.
    public func entry(_ key: String) -> Entry? {
        guard let entries = self.entries else { return nil }
        if let entry = entries.first(where: { $0.key.text == key }) { return entry }
        for merge in entries where merge.key.text == "<<" {
            for source in merge.value.elements ?? [merge.value] {
                if let entry = source.entry(key) { return entry }
            }
        }
        return nil
    }
}
