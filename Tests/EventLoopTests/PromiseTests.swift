import EventLoop
import Testing

@Suite("A promise")
struct PromiseTests {
    init() { Loop.startThread() }

    @Test("hands its first value to all who wait and to who comes later")
    @Loop func manyWaiters() async {
        let promise = Promise<Int>()
        let early = (0..<3).map { _ in Task { @Loop in await promise.value() } }
        let limited = Task { @Loop in await promise.value(within: .seconds(60)) }
        Loop.after(.milliseconds(5)) {
            promise.fulfil(1)
            promise.fulfil(2)
        }
        #expect(await promise.value() == 1)
        for waiter in early { #expect(await waiter.value == 1) }
        #expect(await limited.value == 1)
        #expect(promise.current == 1)
        #expect(await promise.value(within: .zero) == 1)
    }

    @Test("lets go of who waits no longer than a limit, and keeps the others")
    @Loop func limit() async {
        let promise = Promise<Int>()
        let patient = Task { @Loop in await promise.value() }
        #expect(await promise.value(within: .milliseconds(5)) == nil)
        promise.fulfil(3)
        #expect(await patient.value == 3)
    }
}
