import Glibc
import Support

/// Where what is kept for a project lies: `.selfheal` beside its compose file. The watchdog and a deploy meet here.
public struct StateFolder: Hashable, Sendable {
    public let path: String
    private let project: String

    public init(besides files: ComposeFiles, project: String) {
        self.init(in: files.folder, project: project)
    }

    public init(in folder: String, project: String) {
        self.path = "\(folder)/.selfheal"
        self.project = project
    }

    /// Held by the watchdog of the project for as long as it lives.
    public var watchLock: String { "\(self.path)/\(self.project).watch.lock" }

    /// Held by a deploy of the project for as long as it lasts; the watchdog leaves the project alone meanwhile.
    public var deployLock: String { "\(self.path)/\(self.project).deploy.lock" }

    /// The name, in the folder, of the socket through which the watchdog of the project is spoken to. Short, whatever the
    /// project is called: the system has room for 107 bytes.
    public var controlName: String {
        let isShort = self.project.utf8.count <= 64
        return "\(isShort ? self.project : String(SHA256.hex(self.project.utf8).prefix(32))).control.sock"
    }

    /// Holds the evidence of incidents.
    public var incidents: String { "\(self.path)/incidents" }

    /// Makes the folder where it is missing. Whether it can be used shows when something is put into it.
    public func make() {
        mkdir(self.path, 0o700)
    }
}
