import Testing

@testable import Compose

@Suite("The texts of Compose")
struct TextTests {
    @Test(
        "are durations in all their units",
        arguments: [
            ("30s", Duration.seconds(30)), ("1m30s", .seconds(90)), ("1500ms", .milliseconds(1_500)),
            ("1.5s", .milliseconds(1_500)), ("1h", .seconds(3_600)), ("1d", .seconds(86_400)), ("0s", .zero),
            ("10us", .microseconds(10)), ("10µs", .microseconds(10)), ("7ns", .nanoseconds(7)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(Duration(compose: text) == duration)
    }

    @Test(
        "are no durations when they are anything else",
        arguments: ["", "30", "s", "${INTERVAL:-30s}", "-5s", "1 s", "1x", "1.2.3s", "99999999999999999h", "٣s"])
    func noDurations(text: String) {
        #expect(Duration(compose: text) == nil)
    }

    @Test(
        "lose what may be a value before anybody reads them",
        arguments: [
            (#"variable name "TOKEN+x=secret" is bad"#, #"variable name "…" is bad"#),
            (#"unterminated quoted value "secret"#, #"unterminated quoted value "…"#),
            ("TOKEN=secret is bad", "TOKEN=… is bad"),
            ("services.a foo is not allowed", "services.a foo is not allowed"),
        ])
    func redaction(message: String, safe: String) {
        #expect(redacted(message) == safe)
    }
}
