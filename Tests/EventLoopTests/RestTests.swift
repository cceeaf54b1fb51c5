import EventLoop
import Testing

@Suite("A rest")
struct RestTests {
    init() { Loop.startThread() }

    @Test("is over when its time is")
    @Loop func limit() async {
        let began = Loop.now
        await Rest().begin(for: .milliseconds(20))
        #expect(Loop.now - began >= .milliseconds(20))
    }

    @Test("is cut short, and the next one is not")
    @Loop func end() async {
        let rest = Rest()
        let began = Loop.now
        Loop.after(.milliseconds(5)) { rest.end() }
        await rest.begin(for: .seconds(60))
        #expect(Loop.now - began < .seconds(30))
        let next = Loop.now
        await rest.begin(for: .milliseconds(20))
        #expect(Loop.now - next >= .milliseconds(20))
    }

    @Test("ends with the task that rests")
    @Loop func cancellation() async {
        let began = Loop.now
        let task = Task { @Loop in await Rest().begin(for: .seconds(60)) }
        Loop.after(.milliseconds(5)) { task.cancel() }
        await task.value
        #expect(Loop.now - began < .seconds(30))
    }
}
