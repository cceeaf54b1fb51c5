public import EventLoop
import FoundationEssentials
import HTTPClient
import Support

/// Render's REST API (https://api-docs.render.com/reference/introduction), as far as deploys go.
@Loop
public struct RenderAPI {
    public static let standardURL = "https://api.render.com/v1"

    private let base: String
    private let key: String
    private let say: (String) -> Void

    /// - Parameters:
    ///   - environment: `RENDER_API_KEY`, and `RENDER_API_URL` where it is not Render's own.
    ///   - say: gets a line where a request has to be made again.
    /// - Throws: ``RenderError/Code/api`` without a key, or when the key would travel unencrypted to another machine.
    public init(environment: [String: String], say: @escaping (String) -> Void) throws(RenderError) {
        guard let key = environment["RENDER_API_KEY"], !key.isEmpty else {
            throw RenderError(
                .api,
                "RENDER_API_KEY is not set; make a key in Render's Account Settings and export it (never write "
                    + "it on a command line)")
        }
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw RenderError(.api, "RENDER_API_KEY has spaces or characters that no key has")
        }
        var base = environment["RENDER_API_URL"] ?? Self.standardURL
        while base.hasSuffix("/") { base.removeLast() }
        let isLocal = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].contains { base.hasPrefix($0) }
        guard base.hasPrefix("https://") || isLocal else {
            throw RenderError(.api, "RENDER_API_URL is no https:// address (or http:// on this machine)")
        }
        self.base = base
        self.key = key
        self.say = say
    }

    // MARK: What it does

    /// The service of this id (`srv-…`) or name.
    public func service(_ nameOrID: String) async throws(RenderError) -> RenderService {
        if nameOrID.hasPrefix("srv-") || nameOrID.hasPrefix("crn-") {
            return try await self.decoded(RenderService.self, .get, "/services/\(percentEncoded(nameOrID))")
        }
        struct Item: Decodable { let service: RenderService; let cursor: String? }
        // The filter may match more than the very name.
        let services = try await self.all(Item.self, "/services?name=\(percentEncoded(nameOrID))", atMost: 1_000) {
            $0.cursor
        }
        .map(\.service).filter { $0.name == nameOrID }
        guard let service = services.first else {
            throw RenderError(.notFound, "this key sees no service named \"\(nameOrID)\"; choose with --service")
        }
        guard services.count == 1 else {
            let ids = services.map(\.id).joined(separator: ", ")
            throw RenderError(.notFound, "several services are named \"\(nameOrID)\"; choose with --service: \(ids)")
        }
        return service
    }

    /// The newest deploys, newest first.
    public func deploys(of service: RenderService, atMost count: Int) async throws(RenderError) -> [RenderDeploy] {
        struct Item: Decodable { let deploy: RenderDeploy; let cursor: String? }
        return try await self.all(Item.self, "\(self.path(service))/deploys", atMost: count) { $0.cursor }
            .map(\.deploy)
    }

    /// Begins a deploy.
    ///
    /// - Parameter commit: which one; nil for the newest of the service's branch.
    public func deploy(_ service: RenderService, commit: String?) async throws(RenderError) -> RenderDeploy {
        struct Body: Encodable { let commitId: String? }
        return try await self.begin("\(self.path(service))/deploys", Body(commitId: commit), of: service)
    }

    /// Begins a deploy of what an earlier one built. Render's automatic deploys stay as they are: a push may undo it.
    public func rollBack(_ service: RenderService, to deploy: String) async throws(RenderError) -> RenderDeploy {
        struct Body: Encodable { let deployId: String }
        return try await self.begin("\(self.path(service))/rollback", Body(deployId: deploy), of: service)
    }

    /// Waits until a deploy is over.
    ///
    /// - Parameters:
    ///   - pause: between two looks, after a first one that comes sooner; the API allows 400 requests a minute.
    ///   - onChange: gets it whenever its status is another one.
    /// - Returns: it as it ended.
    /// - Throws: ``RenderError/Code/deadline`` when it goes on longer than `limit`.
    public func verdict(
        on deploy: RenderDeploy, of service: RenderService, within limit: Duration, pause: Duration,
        onChange: (RenderDeploy) -> Void
    ) async throws(RenderError) -> RenderDeploy {
        let end = Loop.now.advanced(by: limit)
        var last = deploy
        var wait = min(pause, .seconds(1))
        onChange(last)
        while last.outcome == .inProgress {
            try await self.sleep(min(wait, max(.zero, Loop.now.duration(to: end))))
            wait = pause
            let now: RenderDeploy
            do throws(RenderError) {
                now = try await self.decoded(
                    RenderDeploy.self, .get, "\(self.path(service))/deploys/\(last.id)", by: end)
            } catch {
                guard error.code == .deadline else { throw error }
                throw RenderError(
                    .deadline,
                    "\(last.id) is still \(last.status) after \(limit.components.seconds) s; it goes on at "
                        + "Render; `selfheal render deploys` shows it")
            }
            if now.status != last.status { onChange(now) }
            last = now
        }
        return last
    }

    // MARK: Requests

    private func path(_ service: RenderService) -> String { "/services/\(percentEncoded(service.id))" }

    private func begin(
        _ path: String, _ body: some Encodable, of service: RenderService
    ) async throws(RenderError) -> RenderDeploy {
        let json: [UInt8]
        do { json = Array(try JSONEncoder().encode(body)) } catch { preconditionFailure("not encodable: \(error)") }
        let answer = try await self.answer(.post, path, json)
        // 202 stands for one that waits behind another, and may come without saying which.
        if answer.status == 202, answer.body.isEmpty {
            if let newest = try await self.deploys(of: service, atMost: 1).first { return newest }
        }
        return try self.decode(RenderDeploy.self, answer, path)
    }

    /// All pages of a list until there is no more, or `count` is reached.
    private func all<Item: Decodable>(
        _ type: Item.Type, _ path: String, atMost count: Int, cursor: (Item) -> String?
    ) async throws(RenderError) -> [Item] {
        var items: [Item] = []
        var next = ""
        while items.count < count {
            let limit = min(100, count - items.count)
            let sign = path.contains("?") ? "&" : "?"
            let page = try await self.decoded([Item].self, .get, "\(path)\(sign)limit=\(limit)\(next)")
            items += page
            guard page.count == limit, let mark = page.last.flatMap(cursor) else { break }
            next = "&cursor=\(percentEncoded(mark))"
        }
        return Array(items.prefix(count))
    }

    private func decoded<Value: Decodable>(
        _ type: Value.Type, _ method: HTTPCall.Method, _ path: String, by end: SuspendingClock.Instant? = nil
    ) async throws(RenderError) -> Value {
        try self.decode(type, await self.answer(method, path, nil, by: end), path)
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ answer: HTTPCall.Answer, _ path: String
    ) throws(RenderError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(answer.body)) } catch {
            throw RenderError(.api, "\(self.base)\(path) answers something else than its description promises")
        }
    }

    /// Makes a request, again where that is safe, and throws for what is no success, or none by `end`.
    private func answer(
        _ method: HTTPCall.Method, _ path: String, _ json: [UInt8]?, by end: SuspendingClock.Instant? = nil
    ) async throws(RenderError) -> HTTPCall.Answer {
        let late = RenderError(.deadline, "\(self.base)\(path) gave no answer in time")
        var call = HTTPCall(method, self.base + path)
        call.headers = ["Authorization: Bearer \(self.key)", "Accept: application/json"]
        call.json = json
        call.usesProxy = !self.base.hasPrefix("http://")
        var attempt = 1
        while true {
            let problem: String
            var headers: [String: String] = [:]
            let left = end.map { Loop.now.duration(to: $0) } ?? .seconds(30)
            guard left > .zero else { throw late }
            do {
                let answer = try await call.answer(within: min(left, .seconds(30)))
                if (200..<300).contains(answer.status) { return answer }
                guard Self.mayRepeat(method, status: answer.status) else { throw self.error(answer, method, path) }
                problem = "\(self.base) answers \(answer.status)"
                headers = answer.headers
            } catch let error as HTTPCall.Failure {
                problem = try self.problem(error, method, path)
            } catch let error as RenderError {
                throw error
            } catch { throw RenderError(.api, "\(error)") }
            guard attempt < RetryDelay.attempts else {
                throw RenderError(.api, "\(problem), \(attempt) times in a row; try again later")
            }
            let delay = RetryDelay.after(
                attempt: attempt, headers: headers, epoch: Timestamp.now.nanoseconds / 1_000_000_000,
                jitter: Double.random(in: 0...1))
            if let end, Loop.now.advanced(by: delay) >= end { throw late }
            self.say("\(problem); again in \(delay.components.seconds) s")
            try await self.sleep(delay)
            attempt += 1
        }
    }

    /// Only what has surely not been done may be asked for twice: a second deploy is no repetition of the first.
    static func mayRepeat(_ method: HTTPCall.Method, status: Int) -> Bool {
        status == 429 || status == 503 || (method == .get && status >= 500)
    }

    /// What went wrong, where it may be tried again.
    private func problem(
        _ failure: HTTPCall.Failure, _ method: HTTPCall.Method, _ path: String
    ) throws(RenderError) -> String {
        switch failure {
        case .cancelled: throw RenderError(.interrupted, "interrupted")
        case .tooLarge: throw RenderError(.api, "\(self.base)\(path) answers more than 4 MiB")
        case .unreachable(let reason): return "\(self.base) can't be reached: \(reason)"
        case .timedOut where method == .get: return "\(self.base) does not answer within 30 s"
        case .broken(let reason) where method == .get: return "the connection to \(self.base) broke: \(reason)"
        case .timedOut, .broken:
            throw RenderError(.api, "\(self.base)\(path) gave no answer; \(Self.doubt)")
        }
    }

    private static let doubt =
        "it may have been carried out all the same: look at `selfheal render deploys` before you try again"

    private func error(_ answer: HTTPCall.Answer, _ method: HTTPCall.Method, _ path: String) -> RenderError {
        struct Wire: Decodable { let message: String? }
        let wire = try? JSONDecoder().decode(Wire.self, from: Data(answer.body))
        let words = wire?.message.map { " (\(printable($0.prefix(300))))" } ?? ""
        switch answer.status {
        case 401:
            return RenderError(.api, "Render refuses RENDER_API_KEY\(words); is it revoked or of another account?")
        case 403: return RenderError(.api, "RENDER_API_KEY has no right to \(path)\(words)")
        case 404: return RenderError(.notFound, "Render knows no \(path)\(words)")
        default:
            let doubt = method == .post && answer.status >= 500 ? "; \(Self.doubt)" : ""
            return RenderError(.api, "\(self.base)\(path) answers \(answer.status)\(words)\(doubt)")
        }
    }

    private func sleep(_ duration: Duration) async throws(RenderError) {
        do { try await Loop.sleep(for: duration) } catch { throw RenderError(.interrupted, "interrupted") }
    }
}
