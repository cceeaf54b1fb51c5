/// Something that happened to a container, as the engine's event stream tells it.
public struct EngineEvent: Hashable, Sendable {
    /// The container's full id.
    public let id: String
    /// What happened: `create`, `start`, `die`, `stop`, `kill`, `pause`, `unpause`, `destroy`, `health_status`, `oom`,
    /// `restart` or `rename`.
    public let action: String
    /// What the engine writes behind the action and a colon: `healthy`, `unhealthy` or `starting` for `health_status`;
    /// nil where there is nothing.
    public let detail: String?
    /// The container's labels and, under names of the engine's, its `name`, `image`, and for some actions `exitCode`,
    /// `signal` or `execDuration`.
    public let attributes: [String: String]
    /// The engine's clock when it happened, in nanoseconds since 1970.
    public let timeNano: Int64

    public init(id: String, action: String, detail: String?, attributes: [String: String], timeNano: Int64) {
        self.id = id
        self.action = action
        self.detail = detail
        self.attributes = attributes
        self.timeNano = timeNano
    }

    /// When it happened. Its text is what ``Engine/events(since:labels:)`` takes to continue from here.
    public var time: EngineTime {
        let nanoseconds = String(self.timeNano % 1_000_000_000)
        let padded = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
        return EngineTime(text: "\(self.timeNano / 1_000_000_000).\(padded)", nanosecondsSince1970: self.timeNano)
    }
}
