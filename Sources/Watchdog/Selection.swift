/// What a watchdog was asked to look after.
public enum Selection: Sendable, Hashable {
    /// One service of the project, with what it depends on.
    case service(String)
    /// All services of the project.
    case all
    /// All containers of the engine whose label of this name says true.
    case label(String)
    /// All containers of the engine that run.
    case everyContainer

    /// `*` stands for all services.
    public init(service: String) { self = service == "*" ? .all : .service(service) }

    /// `all` stands for every container.
    public init(label: String) { self = label == "all" ? .everyContainer : .label(label) }
}
