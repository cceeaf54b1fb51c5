public import Compose
public import Docker
import EventLoop
import Support

extension Report {
    /// Reads a project and judges it. What can't be read (no engine, no Compose, no git) is said in ``notChecked``, and
    /// the rest is judged all the same.
    ///
    /// - Parameters:
    ///   - composeFiles: the first one's folder is the project's.
    ///   - journal: the watchdog's, for measured boots; may be missing.
    ///   - engine: the error when there is none.
    ///   - environment: what Compose and git get as theirs.
    /// - Throws: ``ComposeError/Code/fileMissing``.
    @Loop
    public static func reading(
        composeFiles: ComposeFiles, journal: String, engine: Result<Engine, EngineError>, environment: [String: String]
    ) async throws(ComposeError) -> Report {
        var reader = FactsReader(composeFiles: composeFiles, journal: journal, environment: environment)
        try await reader.readFiles()
        await reader.readTrackedFiles()
        await reader.readEngine(engine)
        let facts = reader.facts
        return await onOwnThread { Report(facts) }
    }
}
