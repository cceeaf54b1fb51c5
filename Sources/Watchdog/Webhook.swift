import EventLoop
import FoundationEssentials
import HTTPClient
import Healing
import Support

/// Tells of healings by an HTTP POST of JSON, in order, one after the other, beside the healing and never in its way.
///
/// Nothing of what a service answered or logged is in it: that may hold secrets. `text` and `content` are what chat
/// services show, the other members are for programs.
@Loop
final class Webhook {
    /// How long a POST may take.
    private static let limit = Duration.seconds(10)
    /// How many may wait; after that the oldest are dropped, as the newest says most about now.
    private static let capacity = 64

    private let url: String
    private let messages: AsyncStream<Message>
    private let pending: AsyncStream<Message>.Continuation
    private var isFailing = false

    init(_ url: String) {
        self.url = url
        (self.messages, self.pending) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Webhook.capacity))
    }

    /// Queues what is worth telling of the record; the rest it ignores.
    func tell(_ record: Record, of container: String?) {
        if let message = Message(record, of: container) { self.pending.yield(message) }
    }

    /// Sends what is queued until the task is cancelled.
    func run() async {
        for await message in self.messages { await self.send(message) }
    }

    private func send(_ message: Message) async {
        var call = HTTPCall(.post, self.url)
        call.json = message.json
        call.usesProxy = true
        do throws(HTTPCall.Failure) {
            let answer = try await call.answer(within: Webhook.limit, keep: 65_536)
            self.heard(answer.status < 400 ? nil : "it answered \(answer.status)")
        } catch {
            switch error {
            // What it answers does not matter, however long it is.
            case .cancelled, .tooLarge: break
            case .timedOut: self.heard("no answer in time")
            case .unreachable(let reason), .broken(let reason): self.heard(reason)
            }
        }
    }

    /// Says on stderr that it fails, once, and once that it works again. The address may hold a token and is not shown.
    private func heard(_ problem: String?) {
        if let problem, !self.isFailing { complain("WEBHOOK_URL: healing goes on, but can't be told: \(problem)") }
        if problem == nil, self.isFailing { complain("WEBHOOK_URL: healings are told again") }
        self.isFailing = problem != nil
    }
}

extension Webhook {
    /// What is told of one record.
    struct Message: Encodable {
        let text: String
        let content: String
        let event: String
        let service: String
        let container: String?
        let incident: Int?

        /// Nil for what is not told: only whether something could be done, and whether it helped.
        init?(_ record: Record, of container: String?) {
            guard let id = record.service else { return nil }
            let what: String
            switch record.event {
            case .actionSucceeded: what = "was restarted"
            case .actionFailed: what = "could not be restarted; it is tried again"
            case .healed(let after, let attempts, _):
                what = "is healed, after \(after.seconds) and \(attempts) attempts"
            default: return nil
            }
            self.text = "\(id) \(what)"
            self.content = self.text
            self.event = record.event.name
            self.service = id.description
            self.container = container
            self.incident = record.incident
        }

        var json: [UInt8] {
            do { return Array(try JSONEncoder().encode(self)) } catch { preconditionFailure("not encodable: \(error)") }
        }
    }
}
