extension Engine {
    public static nonisolated func fromEnvironment(_ environment: [String: String]) throws(EngineError) -> Engine {
        throw EngineError(.unreachable, "not written yet")
    }
}
