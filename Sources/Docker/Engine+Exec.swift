extension Engine {
    public func run(_ command: [String], in id: String, within limit: Duration) async throws(EngineError) -> ExecResult
    { throw EngineError(.unreachable, "not written yet") }
}
