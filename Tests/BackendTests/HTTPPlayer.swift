import ServiceTestKit
import Support

@testable import Backend

/// A player who asks over HTTP: blocks, each wait with a generous deadline. What is answered is held against
/// `openapi.json`.
struct HTTPPlayer: Sendable {
    struct Answer: Sendable {
        let status: Int
        let json: JSONValue
        let raw: RawClient.Answer

        var code: String? { self.json["code"]?.string }
    }

    let user: PlayClient.User?
    let port: UInt16

    /// A new account.
    init(_ name: String, port: UInt16) throws {
        self.init(user: try PlayClient.User.register(name, port: port), port: port)
    }

    /// Nobody where `user` is nil.
    init(user: PlayClient.User?, port: UInt16) {
        self.user = user
        self.port = port
    }

    /// The same player at another instance.
    func at(_ port: UInt16) -> HTTPPlayer { HTTPPlayer(user: self.user, port: port) }

    func ask(_ method: String, _ path: String, _ body: String = "") throws -> Answer {
        let answer = try self.raw(method, path, body)
        let json = answer.body.isEmpty ? JSONValue.null : PlayClient.parse(answer.body) ?? .string(answer.body)
        try self.check(method, path, answer, json)
        return Answer(status: answer.status, json: json, raw: answer)
    }

    /// As ``ask(_:_:_:)``, for what must have `status`.
    func ask(_ method: String, _ path: String, _ body: String = "", status: Int) throws -> JSONValue {
        let answer = try self.ask(method, path, body)
        guard answer.status == status else {
            throw TestKitError("\(method) \(path) was answered \(answer.status): \(answer.json.text)")
        }
        return answer.json
    }

    private func raw(_ method: String, _ path: String, _ body: String) throws -> RawClient.Answer {
        let token = self.user.map { "Authorization: Bearer \($0.token)\r\n" } ?? ""
        let client = try RawClient(port: self.port)
        client.send(
            "\(method) \(path) HTTP/1.1\r\nHost: t\r\n\(token)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        guard let answer = client.answer(within: .seconds(60)) else {
            throw TestKitError("no answer to \(method) \(path)")
        }
        return answer
    }

    private static let schemas = JSONSchema(
        document: PlayClient.parse(String(decoding: PackageResources.openapi_json, as: UTF8.self)) ?? .null)

    /// Throws when the description does not have this answer of this route, with this type and these members.
    private func check(_ method: String, _ path: String, _ answer: RawClient.Answer, _ json: JSONValue) throws {
        let schemas = Self.schemas
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        let operation = schemas.document["paths"]?.members.first { member in
            let template = member.name.split(separator: "/")
            return template.count == segments.count
                && zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }?.value[method.lowercased()]
        // What no route takes has no description.
        guard let operation, answer.status != 405 else { return }
        let responses = operation["responses"]
        guard let found = responses?[String(answer.status)] ?? (answer.status >= 400 ? responses?["default"] : nil)
        else { throw TestKitError("\(method) \(path) is not described to answer \(answer.status)") }
        guard let (type, content) = schemas.resolved(found)["content"]?.members.first.map({ ($0.name, $0.value) })
        else {
            guard answer.body.isEmpty else { throw TestKitError("\(method) \(path): an answer that is not described") }
            return
        }
        guard answer.header("Content-Type")?.hasPrefix(type) == true else {
            throw TestKitError("\(method) \(path): not \(type) but \(answer.header("Content-Type") ?? "nothing")")
        }
        guard let schema = content["schema"] else { return }
        let faults = schemas.faults(json, schema)
        if !faults.isEmpty { throw TestKitError("\(method) \(path): \(faults)") }
    }
}
