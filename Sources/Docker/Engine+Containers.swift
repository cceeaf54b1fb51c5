extension Engine {
    public func containers(labels: [String], within limit: Duration) async throws(EngineError) -> [ContainerSummary] {
        throw EngineError(.unreachable, "not written yet")
    }
    public func inspect(_ id: String, within limit: Duration) async throws(EngineError) -> ContainerDetails {
        throw EngineError(.unreachable, "not written yet")
    }
    public func start(_ id: String, within limit: Duration) async throws(EngineError) {
        throw EngineError(.unreachable, "not written yet")
    }
    public func restart(_ id: String, grace: Duration, within limit: Duration) async throws(EngineError) {
        throw EngineError(.unreachable, "not written yet")
    }
}
