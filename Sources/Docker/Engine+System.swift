extension Engine {
    public func ping(within limit: Duration) async throws(EngineError) {
        throw EngineError(.unreachable, "not written yet")
    }
    @discardableResult
    public func negotiate(within limit: Duration) async throws(EngineError) -> String {
        throw EngineError(.unreachable, "not written yet")
    }
}
