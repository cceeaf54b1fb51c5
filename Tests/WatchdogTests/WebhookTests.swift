import Foundation
import Healing
import Testing

@testable import Watchdog

@Suite("What the webhook is told")
struct WebhookTests {
    private let hostile = "\"; $(reboot)\n\u{1}token=abc " + String(repeating: "x", count: 65_536)

    @Test("is what was done and whether it helped, and nothing that a service said")
    func messages() throws {
        let id = ServiceID("web", replica: 2)
        let events: [Record.Event] = [
            .detected(Diagnosis(.unhealthy, self.hostile)), .actionFailed(self.hostile),
            .actionSucceeded(after: .seconds(1)),
            .healed(after: .seconds(9), attempts: 1, proof: self.hostile), .leftAlone("x"),
        ]
        let told = events.compactMap { Webhook.Message(Record(id, incident: 3, $0), of: "shop-web-2") }
        #expect(told.map(\.event) == ["action_failed", "action_succeeded", "healed"])
        for message in told {
            let json = try JSONSerialization.jsonObject(with: Data(message.json)) as? [String: Any]
            #expect(json?["text"] as? String == message.text && json?["content"] as? String == message.text)
            #expect(json?["service"] as? String == "web.2" && json?["container"] as? String == "shop-web-2")
            #expect(json?["incident"] as? Int == 3)
            #expect(message.json.count < 1_000)
            #expect(!String(decoding: message.json, as: UTF8.self).contains("token"))
        }
    }

    @Test("is valid JSON whatever a container is called")
    func names() throws {
        let record = Record(ServiceID("a\"b\\c\n"), .actionSucceeded(after: .zero))
        let message = try #require(Webhook.Message(record, of: "x\"\n"))
        let json = try JSONSerialization.jsonObject(with: Data(message.json)) as? [String: Any]
        #expect(json?["container"] as? String == "x\"\n" && json?["service"] as? String == "a\"b\\c\n")
    }

    @Test("is nothing about the watchdog itself")
    func noService() {
        #expect(Webhook.Message(Record(nil, .engineLost("x")), of: nil) == nil)
    }
}
