import FoundationEssentials
import Support
import Web

/// The JSON object in the body of a request, read with bounds. No body is an empty object.
struct JSONBody {
    /// Objects and arrays within each other at most.
    private static let depthMost = 32

    private static let malformed = Problem(
        status: 400, title: "Bad Request", code: "malformed_json",
        detail: "The body has to be one JSON object in UTF-8, at most \(Self.depthMost) levels deep.")

    private let object: JSONValue

    init(_ request: HTTPRequest) throws(Problem) {
        if request.body.isEmpty {
            self.object = .object([])
            return
        }
        guard Self.depth(request.body) <= Self.depthMost, String(validating: request.body, as: UTF8.self) != nil,
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body)), case .object = value
        else { throw Self.malformed }
        self.object = value
    }

    /// The text in the field `name`.
    func string(_ name: String) throws(Problem) -> String {
        guard let value = self.object[name] else { throw .invalidField(name, "is missing") }
        guard let text = value.string else { throw .invalidField(name, "is not a text") }
        return text
    }

    /// How deep `json` nests; of what is no JSON something or other.
    private static func depth(_ json: [UInt8]) -> Int {
        var (depth, deepest) = (0, 0)
        var (isText, isEscaped) = (false, false)
        for byte in json {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isText: isEscaped = true
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: "{") where !isText, UInt8(ascii: "[") where !isText:
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}") where !isText, UInt8(ascii: "]") where !isText: depth -= 1
            default: break
            }
        }
        return deepest
    }
}
