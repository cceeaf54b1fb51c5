public import EventLoop

@Loop
public struct ExecProbe {
    private let engine: Engine

    public init(engine: Engine) { self.engine = engine }

    public func probe(url: ProbeURL, in id: String, within limit: Duration) async -> ProbeOutcome {
        .unavailable("not written yet")
    }
}
