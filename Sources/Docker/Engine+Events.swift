extension Engine {
    public func events(since: String?, labels: [String]) -> AsyncThrowingStream<EngineEvent, any Error> {
        AsyncThrowingStream { $0.finish(throwing: EngineError(.unreachable, "not written yet")) }
    }
}
