import Healing
import Testing

@Suite("Records")
struct RecordTests {
    static let events: [Record.Event] =
        Diagnosis.Kind.allCases.map { .detected(Diagnosis($0, "3 probes in 5s: a=b \"c\"")) }
        + StandDown.allCases.flatMap { [.standDown($0.rawValue), .leftAlone($0.rawValue)] }
        + [
            .held(by: ["db", "cache"]),
            .acted(.restart(grace: .milliseconds(1_500)), attempt: 3, backoff: .seconds(20)),
            .acted(.start, attempt: 1, backoff: .seconds(5)),
            .acted(.recreate(grace: .seconds(10)), attempt: 3, backoff: .seconds(20)),
            .acted(.rollBack(image: "sha256:12", grace: .seconds(1)), attempt: 4, backoff: .seconds(40)),
            .ownProbeAtFault("the URL is wrong"),
            .staleHealth("Docker last checked 200s ago"),
            .startPeriodShort(needs: .seconds(60)),
            .imageVerified("sha256:34"),
            .personNeeded("4 attempts did not help"),
            .hostTrouble("the disk is full"),
            .actionSucceeded(after: .milliseconds(364)),
            .actionFailed("no word of it"),
            .restartedByEngine,
            .recovered(after: .milliseconds(7_042)),
            .healed(after: .seconds(36), attempts: 2, proof: "probe passed, docker healthy"),
            .unproven("Docker's health is still starting"),
            .probeAtFault("no curl"),
            .paused(for: .seconds(1_800), reason: "backup \"nightly\""),
            .paused(for: .seconds(60), reason: ""),
            .resumed(by: .person),
            .resumed(by: .time),
            .healAsked,
            .healRefused("app is well"),
            .engineLost("connection refused"),
            .engineBack(after: .seconds(20)),
        ]

    @Test("are read back from their fields as they were", arguments: events)
    func roundTrip(event: Record.Event) {
        for record in [
            Record(ServiceID("app"), incident: 7, event), Record(ServiceID("db", replica: 2), event),
            Record(nil, event),
        ] {
            let fields = Dictionary(record.fields) { first, _ in
                Issue.record("a key twice")
                return first
            }
            #expect(Record(fields: fields) == record)
            #expect(record.fields.first?.key == "event")
        }
    }

    @Test(
        "are nothing when they have lost what matters",
        arguments: [
            [:], ["event": "unheard_of"], ["event": "detected", "service": "app"],
            ["event": "detected", "service": "app", "cause": "unheard_of"],
            ["event": "action", "service": "app", "action": "restart"],
        ])
    func broken(fields: [String: String]) {
        #expect(Record(fields: fields) == nil)
    }

    @Test(
        "write durations as a person reads them",
        arguments: [
            (Duration.seconds(5), "5s"), (.milliseconds(2_930), "2.93s"), (.milliseconds(1), "0.001s"), (.zero, "0s"),
            (.milliseconds(-1_500), "-1.5s"), (.milliseconds(999_999), "999.999s"),
        ])
    func durations(duration: Duration, text: String) {
        #expect(duration.seconds == text)
        #expect(Duration(seconds: text) == duration)
    }

    @Test("read no duration from anything else", arguments: ["", "5", "s", "infs", "nans", "1e300s", "5 s"])
    func noDuration(text: String) {
        #expect(Duration(seconds: text) == nil)
    }

    @Test("takes no number from a damaged journal that counting on from would overflow")
    func absurdNumbers() {
        let fields = ["event": "action", "service": "app", "action": "restart", "backoff": "60s"]
        #expect(Record(fields: fields.merging(["attempt": "9223372036854775807"]) { $1 }) == nil)
        #expect(
            Record(fields: fields.merging(["attempt": "1", "incident": "9223372036854775807"]) { $1 })?.incident == nil)
    }

    @Test("knows the backoff after any number of attempts at once")
    func manyAttempts() {
        #expect(Backoff().delay(afterAttempt: .max) == .seconds(60))
    }
}
