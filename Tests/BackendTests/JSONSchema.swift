import Support

/// As much of JSON Schema (2020-12) as `openapi.json` uses, to hold answers against it.
struct JSONSchema {
    /// The whole description, which `$ref` points into.
    let document: JSONValue

    /// What `value` lacks of `schema`, and what it has that is not described; empty when it fits.
    ///
    /// - Parameter isPart: one part of several (`allOf`) does not describe everything.
    func faults(_ value: JSONValue, _ schema: JSONValue, at path: String = "$", isPart: Bool = false) -> [String] {
        let schema = self.resolved(schema)
        var faults: [String] = []
        let types = schema["type"].map { $0.elements.isEmpty ? [$0] : $0.elements } ?? []
        if !types.isEmpty, !types.contains(where: { Self.has(value, $0.string ?? "") }) {
            faults.append("\(path) is \(value.text), no \(types.map(\.text))")
        }
        if let cases = schema["enum"]?.elements, !cases.contains(value) {
            faults.append("\(path) is \(value.text), which is not one of \(cases.map(\.text))")
        }
        if case .integer(let number) = value {
            if case .integer(let least)? = schema["minimum"], number < least { faults.append("\(path) < \(least)") }
            if case .integer(let most)? = schema["maximum"], number > most { faults.append("\(path) > \(most)") }
        }
        if case .array(let elements) = value {
            if case .integer(let least)? = schema["minItems"], elements.count < least {
                faults.append("\(path) is too short")
            }
            if case .integer(let most)? = schema["maxItems"], elements.count > most {
                faults.append("\(path) is too long")
            }
            for (index, element) in elements.enumerated() {
                if let items = schema["items"] { faults += self.faults(element, items, at: "\(path)[\(index)]") }
            }
        }
        if case .object(let members) = value {
            for name in schema["required"]?.elements ?? [] where value[name.string ?? ""] == nil {
                faults.append("\(path) has no \(name.text)")
            }
            let known = self.properties(schema)
            if !isPart, !known.isEmpty {
                faults += members.filter { !known.contains($0.name) }.map { "\(path).\($0.name) is not described" }
            }
            for member in members {
                if let property = schema["properties"]?[member.name] {
                    faults += self.faults(member.value, property, at: "\(path).\(member.name)")
                }
            }
        }
        for part in schema["allOf"]?.elements ?? [] {
            faults += self.faults(value, part, at: path, isPart: true)
        }
        if let choices = schema["anyOf"]?.elements, !choices.contains(where: { self.faults(value, $0).isEmpty }) {
            faults.append("\(path) is none of the choices: \(value.text)")
        }
        return faults
    }

    /// The names of all properties that `schema` describes by itself or through `allOf`.
    private func properties(_ schema: JSONValue) -> Set<String> {
        let schema = self.resolved(schema)
        let own = Set(schema["properties"]?.members.map(\.name) ?? [])
        return (schema["allOf"]?.elements ?? []).reduce(own) { $0.union(self.properties($1)) }
    }

    /// `value`, or what its `$ref` points to.
    func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        let target = reference.split(separator: "/").dropFirst()
            .reduce(self.document) { $0[String($1)] ?? .null }
        return self.resolved(target)
    }

    private static func has(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"), (.number, "number"),
            (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }
}
