import FoundationEssentials
public import Support

extension HTTPRequest {
    /// Levels of arrays and objects in a body; more would only ever be sent to exhaust a decoder's stack.
    public static var jsonDepthMax: Int { 32 }

    /// The body as JSON. An absent body is `{}`; members that `Value` does not know are ignored.
    ///
    /// - Throws: 400 `malformed_json` when it is not JSON in UTF-8 or too deep, 400 `invalid_field` when a member is
    ///   missing or of the wrong type. The body's size is limited before (``HTTPServer/Limits/bodyBytes``).
    public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(HTTPProblem) -> Value {
        let body = self.body.isEmpty ? Array("{}".utf8) : self.body
        return try decodeJSON(body)
    }
}

/// As ``HTTPRequest/json(_:)``.
func decodeJSON<Value: Decodable>(
    _ bytes: [UInt8], as type: Value.Type = Value.self
) throws(HTTPProblem) -> Value {
    try checkJSON(bytes)
    do {
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    } catch DecodingError.keyNotFound(let key, let context) {
        throw invalidField(context.codingPath + [key], "is missing")
    } catch DecodingError.valueNotFound(_, let context) {
        throw invalidField(context.codingPath, "is null")
    } catch DecodingError.typeMismatch(_, let context) {
        throw invalidField(context.codingPath, "has the wrong type")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
        throw invalidField(context.codingPath, "has a value that is not possible there")
    } catch {
        // It is JSON. A number that is not possible in its place is told without the place, as if it were none.
        throw invalidField([], "has a number that is not possible in its place")
    }
}

/// Refuses what the decoder would read differently (it also takes UTF-16, and a comma behind the last member) or at the price
/// of its stack.
private func checkJSON(_ bytes: [UInt8]) throws(HTTPProblem) {
    // UTF-16 of ASCII is valid UTF-8 with NULs in it, which JSON does not have.
    guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
        throw HTTPProblem(400, "malformed_json", "JSON is sent in UTF-8.")
    }
    do throws(JSONReader.Fault) {
        var reader = JSONReader(bytes, depthMax: HTTPRequest.jsonDepthMax)
        try reader.skip()
        try reader.end()
    } catch {
        throw HTTPProblem(error)
    }
}

private func invalidField(_ path: [any CodingKey], _ fault: String) -> HTTPProblem {
    let name = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    return HTTPProblem(400, "invalid_field", name.isEmpty ? "The JSON \(fault)." : "The member \(name) \(fault).")
}

extension HTTPProblem {
    /// What was to be JSON is none, or one that is refused.
    public init(_ fault: JSONReader.Fault) {
        switch fault {
        case .malformed: self.init(400, "malformed_json", "This is not JSON.")
        case .tooDeep:
            self.init(400, "malformed_json", "The JSON is more than \(HTTPRequest.jsonDepthMax) levels deep.")
        }
    }
}
