/// Lines of `key=value` pairs, with values quoted where they need it: easy to read, to grep and to take apart.
public enum Logfmt {
    /// One line without its end. Line breaks, quotes and control characters inside values are escaped, so that a value
    /// from outside can't forge a line or a field.
    public static func line(_ fields: [(key: String, value: String)]) -> String {
        fields.map { "\($0.key)=\(self.quoted($0.value))" }.joined(separator: " ")
    }

    /// The fields of a line; nil when it is torn or no logfmt. Of a key that stands twice the last one counts.
    public static func fields(_ line: some StringProtocol) -> [String: String]? {
        var fields: [String: String] = [:]
        var rest = Substring(line).unicodeScalars
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
                continue
            }
            guard let sign = rest.firstIndex(of: "="), sign > rest.startIndex else { return nil }
            let key = String(rest[..<sign])
            guard !key.unicodeScalars.contains(where: { $0 == " " || $0 == "\"" }) else { return nil }
            rest = rest[rest.index(after: sign)...]
            guard let value = self.takeValue(&rest) else { return nil }
            fields[key] = value
        }
        return fields
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = value.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" && !$0.isControl }
        if isPlain, !value.isEmpty { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case _ where scalar.isControl: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func takeValue(_ rest: inout Substring.UnicodeScalarView) -> String? {
        guard rest.first == "\"" else {
            let value = rest.prefix { $0 != " " }
            rest = rest[value.endIndex...]
            return value.contains("\"") ? nil : String(value)
        }
        rest.removeFirst()
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(scalar)
            }
        }
        return nil
    }
}
