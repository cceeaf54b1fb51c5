/// Why a text is no Dockerfile, and where.
struct DockerfileError: Error, Hashable, Sendable {
    /// Counted from 1.
    let line: Int
    let message: String
}
