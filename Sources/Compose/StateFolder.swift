import Glibc

/// Where what is kept for a project lies: `.selfheal` beside its compose file. The watchdog and a deploy meet here.
public struct StateFolder: Hashable, Sendable {
    public let path: String
    private let project: String

    public init(besides composeFile: String, project: String) {
        let parent = composeFile.lastIndex(of: "/").map { String(composeFile[..<$0]) } ?? "."
        self.path = "\(parent)/.selfheal"
        self.project = project
    }

    /// Held by the watchdog of the project for as long as it lives.
    public var watchLock: String { "\(self.path)/\(self.project).watch.lock" }

    /// Held by a deploy of the project for as long as it lasts; the watchdog leaves the project alone meanwhile.
    public var deployLock: String { "\(self.path)/\(self.project).deploy.lock" }

    /// Makes the folder where it is missing. Whether it can be used shows when something is put into it.
    public func make() {
        mkdir(self.path, 0o700)
    }
}
