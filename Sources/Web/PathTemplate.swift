/// A path with named places, `/api/games/{id}`: each takes one segment that is not empty.
struct PathTemplate: Hashable {
    enum Segment: Hashable {
        case literal(String)
        case parameter(String)

        var isParameter: Bool {
            if case .parameter = self { true } else { false }
        }
    }

    let segments: [Segment]

    var hasParameters: Bool { self.segments.contains(where: \.isParameter) }

    init(_ path: String) {
        self.segments = Self.split(path).map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    /// The path that it was made of.
    var text: String {
        self.segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .parameter(let name): "{\(name)}"
            }
        }.joined(separator: "/")
    }

    /// The segments of `path` that stand in the named places, as sent; nil when it is another path.
    func values(in path: String) -> [String: Substring]? {
        let parts = Self.split(path)
        guard parts.count == self.segments.count else { return nil }
        var values: [String: Substring] = [:]
        for (segment, part) in zip(self.segments, parts) {
            switch segment {
            case .literal(let text): guard text == part else { return nil }
            case .parameter(let name):
                guard !part.isEmpty else { return nil }
                values[name] = part
            }
        }
        return values
    }

    /// True when this template is to be tried before `other`: at the first difference it has the literal.
    func goesBefore(_ other: PathTemplate) -> Bool {
        for (own, others) in zip(self.segments, other.segments) where own.isParameter != others.isParameter {
            return others.isParameter
        }
        return false
    }

    private static func split(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}
