/// The labels that Compose puts on the containers it makes.
public enum ComposeLabels {
    /// The project's name.
    public static let project = "com.docker.compose.project"
    /// The service's name in the Compose file.
    public static let service = "com.docker.compose.service"
    /// Which replica of the service this is, from 1.
    public static let containerNumber = "com.docker.compose.container-number"
    /// `True` for containers made by `docker compose run`, which are no replica of the service.
    public static let oneoff = "com.docker.compose.oneoff"
    /// What it depends on; read by ``Dependency/parse(label:)``.
    public static let dependsOn = "com.docker.compose.depends_on"
    /// Changes when the service's definition does.
    public static let configHash = "com.docker.compose.config-hash"
    /// The Compose files of the project, separated by commas.
    public static let configFiles = "com.docker.compose.project.config_files"
    /// The folder the project was started in.
    public static let workingDirectory = "com.docker.compose.project.working_dir"

    /// Whether these are the labels of a container that Compose made to stand for its service. One of `docker compose run`
    /// is marked; one that a person ran from an image that Compose built inherits the image's labels, but for the hash.
    public static func isReplica(_ labels: [String: String]) -> Bool {
        labels[self.oneoff] != "True" && labels[self.configHash] != nil
    }
}
