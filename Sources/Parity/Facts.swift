/// What was read of a project: the texts of its files, and what the engine and git say. Everything that is judged is
/// here, so that the judgement needs nothing else.
struct Facts: Sendable {
    /// What Compose made of its file.
    enum ComposeReading: Hashable, Sendable {
        /// What `docker compose config --format json --no-interpolate` printed.
        case meaning(String)
        /// What Compose complained of.
        case refused(String)
        /// There was no Compose to ask.
        case notAsked
    }

    struct TextFile: Hashable, Sendable {
        /// Relative to the compose file's folder.
        let path: String
        let text: String
    }

    /// What an image holds beside its files.
    struct Image: Hashable, Sendable {
        let id: String
        let hasHealthcheck: Bool
        /// `NAME=value`. Only looked at for secrets; never printed.
        let environment: [String]
        /// The commands of its layers. Only looked at for secrets; never printed.
        let history: [String]
        /// The files of its layers that show a secret, and what kind.
        var secretFiles: [String] = []
    }

    /// One container of the project.
    struct Container: Hashable, Sendable {
        let service: String
        let name: String
        let imageID: String
        let configHash: String?
        let restartPolicy: String
        /// How Docker checks it now; nil when it does not.
        let healthcheck: Check?
        /// How long after its start the last check failed before the first one passed; nil when none did, or when the
        /// checks of that time are not kept any more.
        let failingAfterStart: Duration?
    }

    struct Check: Hashable, Sendable {
        let test: [String]
        let interval: Duration
        let timeout: Duration
        let startPeriod: Duration
        let retries: Int
    }

    /// The absolute path of the compose file's folder.
    var folder: String
    var compose: TextFile
    var composeReading: ComposeReading = .notAsked
    /// Dockerfiles that other files name; nil where there is no such file, or none that can be read.
    var dockerfiles: [String: String?] = [:]
    /// Why a blueprint or Dockerfile that is there can't be read, by path.
    var unreadable: [String: String] = [:]
    /// `.dockerignore` by build context.
    var dockerignores: [String: String] = [:]
    var blueprints: [TextFile] = []
    /// The paths of the files that git tracks; nil when it could not be asked.
    var tracked: [String]?
    /// What the files that git tracks show; found while they were read, as they are many.
    var secretsInFiles: [Finding] = []

    /// By service.
    var images: [String: Image] = [:]
    var containers: [Container] = []
    /// Compose's hash of each service as the files have it now.
    var configHashes: [String: String] = [:]
    /// The longest boot that the journal has, by service.
    var boots: [String: Duration] = [:]
    /// The head of the answer to the path that Render would ask, by service: status line and headers.
    var healthPathAnswers: [String: String] = [:]

    /// What could not be looked at, and why.
    var notChecked: [String] = []
}
