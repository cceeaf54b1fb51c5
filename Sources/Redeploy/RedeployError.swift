/// At which step a redeploy ended, and why.
public struct RedeployError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Step: String, Hashable, Sendable, CaseIterable {
        /// Settings, compose file, lock: nothing was touched.
        case prepare
        /// `docker compose build`: what runs still runs.
        case build
        /// `docker compose up -d`.
        case up
        /// `docker compose ps`.
        case ps
        /// Waiting until the service is healthy.
        case healthy
        /// The internal health call.
        case verify
    }

    public let step: Step
    /// What is wrong and what to do.
    public let message: String

    public init(_ step: Step, _ message: String) {
        self.step = step
        self.message = message
    }

    public var description: String { "step \(self.step.rawValue) failed: \(self.message)" }
}
