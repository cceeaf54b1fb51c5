public import Compose
public import Docker
import Support

/// What the watchdog goes by, from the environment (contract, section 3) and the command line.
public struct WatchSettings: Sendable {
    /// Which services or containers are looked after.
    public private(set) var selection: Selection
    /// Whether nobody said which.
    private let isSelectionStandard: Bool
    /// What is asked from inside the container of the service that is named.
    public let healthURL: ProbeURL
    public let composeFiles: ComposeFiles
    /// How often everything is looked at, whether anything happened or not. 1 to 3600 s; events and the pulse see most
    /// things much sooner.
    public let interval: Duration
    /// The journal.
    public let logFile: String
    /// How long to wait before the first look at containers by label, 0 to 86400 s.
    public let startDelay: Duration
    /// How long a container that is watched by label has to stop where neither it nor its labels say, 0 to 86400 s.
    public let stopTimeout: Duration
    /// Where healings are told, by an HTTP POST; nil for nowhere.
    public let webhook: String?
    /// The variables that were set.
    private let variables: Set<String>

    /// Whether containers are found by their label, and no compose file is read.
    public var isByLabel: Bool { self.selection.isByLabel }

    /// The service that is named, and `app` where none is.
    public var service: String { if case .service(let name) = self.selection { name } else { "app" } }

    /// Between two looks at what looks bad, or is unsettled.
    public static let pulse = Duration.seconds(1)
    /// Between two looks at what looks well: its process, and its health URL.
    public static let probeInterval = Duration.seconds(4)
    /// How long a container is unsettled after it has started, or was bad: most of what fails does so then.
    public static let settlingTime = Duration.seconds(300)
    /// How long the health URL may take. Longer than the 1 s that our own backend gives its database, so that an honest
    /// 503 is not mistaken for silence.
    public static let probeTimeout = Duration.milliseconds(1_500)
    /// The same for a service that hardly gets a processor: its slow answer is as good as a quick one.
    public static let probeTimeoutStarved = Duration.seconds(10)

    /// Reads the settings, all of them optional.
    ///
    /// - Parameter words: what the command line asks for; goes before `SERVICE_NAME`, but the label's name is a default
    ///   that `AUTOHEAL_CONTAINER_LABEL` goes before, as in the image of the tool that this variable comes from.
    /// - Parameter folder: where the compose files are; the current one where none is named.
    /// - Throws: every fault at once.
    public init(
        _ words: Selection? = nil, environment: [String: String], in folder: String? = nil
    ) throws(WatchError) {
        var reader = SettingsReader(environment: environment)
        self.selection = WatchSettings.selection(words, reader)
        let isByLabel = self.selection.isByLabel
        self.isSelectionStandard = words == nil && !isByLabel && reader.optional("SERVICE_NAME") == nil
        self.composeFiles = .inUse(environment, in: folder)
        let often = isByLabel ? reader.number("AUTOHEAL_INTERVAL", default: 5, in: 1...3600) : 30
        self.interval = .seconds(reader.number("INTERVAL_SECONDS", default: often, in: 1...3600))
        self.logFile = reader.optional("LOG_FILE") ?? "docker-health.txt"
        let day = 0...86_400
        self.startDelay = .seconds(isByLabel ? reader.number("AUTOHEAL_START_PERIOD", default: 0, in: day) : 0)
        self.stopTimeout = .seconds(
            isByLabel ? reader.number("AUTOHEAL_DEFAULT_STOP_TIMEOUT", default: 10, in: day) : 10)
        self.webhook = reader.optional("WEBHOOK_URL")
        if let webhook, !webhook.hasPrefix("http://"), !webhook.hasPrefix("https://") {
            reader.refuse("WEBHOOK_URL", "does not start with http:// or https://")
        }
        self.variables = Set(environment.filter { !$0.value.isEmpty }.keys)
        let standard = "http://localhost:3000/health/internal"
        do {
            self.healthURL = try ProbeURL(reader.optional("HEALTH_URL") ?? standard)
        } catch {
            reader.refuse("HEALTH_URL", "\(error) (example: \(standard))")
            throw WatchSettings.malformed(reader.faults)
        }
        if !reader.faults.isEmpty { throw WatchSettings.malformed(reader.faults) }
    }

    /// Where the state of a project of this compose file is kept.
    public func stateFolder(of project: String) -> StateFolder {
        StateFolder(besides: self.composeFiles, project: project)
    }

    /// These settings for who only looks. Where nobody said at what, it is what the running watchdog looks after; and all
    /// services where there is none, and the project has no service of the usual name.
    func toLook(at project: Project, watchedFor running: Selection?) -> WatchSettings {
        guard self.isSelectionStandard else { return self }
        var settings = self
        settings.selection = running ?? self.selection
        if case .service(let name) = settings.selection, project.services[name] == nil { settings.selection = .all }
        return settings
    }

    func isSet(_ variable: String) -> Bool { self.variables.contains(variable) }

    /// A setting of this program with the variable it came from, if that was set.
    func setting<Value>(_ value: Value, from variable: String) -> Setting<Value> {
        Setting(value, self.variables.contains(variable) ? .environment(variable) : .standard)
    }

    private static func selection(_ words: Selection?, _ reader: SettingsReader) -> Selection {
        if let words, !words.isByLabel { return words }
        if let label = reader.optional("AUTOHEAL_CONTAINER_LABEL") { return Selection(label: label) }
        return words ?? Selection(service: reader.optional("SERVICE_NAME") ?? "app")
    }

    private static func malformed(_ faults: [SettingsReader.Fault]) -> WatchError {
        let text = faults.map(\.description).joined(separator: "; ")
        return WatchError(.malformedSettings, "\(text). Correct it in the environment or unset it for the default.")
    }
}

extension Selection {
    var isByLabel: Bool {
        switch self {
        case .label, .everyContainer: true
        case .service, .all: false
        }
    }
}
