extension Engine {
    public func logs(_ id: String, tail: Int, within limit: Duration) async throws(EngineError) -> String {
        throw EngineError(.unreachable, "not written yet")
    }
}
