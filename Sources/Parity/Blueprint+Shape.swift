import YAML

extension Blueprint {
    /// What has another form than Render's specification asks for, and would be read as if it were not there.
    var shapeFaults: [(line: Int, what: String)] {
        var faults: [(line: Int, what: String)] = []
        func elements(_ key: String, in node: YAMLNode) -> [YAMLNode] {
            guard let value = node[key], !value.isNull else { return [] }
            guard let elements = value.elements else {
                faults.append((value.line, "\(key) is no list"))
                return []
            }
            for element in elements where element.entries == nil {
                faults.append((element.line, "an entry of \(key) is no mapping"))
            }
            return elements.filter { $0.entries != nil }
        }
        for scope in Self.scopes(self.root) {
            for service in elements("services", in: scope) {
                for key in ["type", "name"] where service[key]?.text?.isEmpty ?? true {
                    faults.append((service.line, "a service has no \(key)"))
                }
                _ = elements("envVars", in: service)
            }
            for group in elements("envVarGroups", in: scope) { _ = elements("envVars", in: group) }
            _ = elements("databases", in: scope)
        }
        return faults
    }
}
