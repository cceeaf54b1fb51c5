/// Why a command about Render came to no verdict.
public struct RenderError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// `render.yaml` is missing, is no YAML, or says something that can't be rehearsed. The message has file and line.
        case blueprint
        /// The rehearsal could not be set up or watched: no engine, no image, a build that failed.
        case rehearsal
        /// The API can't be asked: no key, a key that is refused, no connection, errors that do not end.
        case api
        /// The API knows no such service or deploy, or several.
        case notFound
        /// The deploy was still going on when the time was up.
        case deadline
        /// The task was cancelled.
        case interrupted
    }

    public let code: Code
    /// What is wrong and what to do. Never holds a secret.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
