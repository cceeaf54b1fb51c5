import Compose
import Support

/// Whether a deploy is going on: it answers for its services itself.
extension Watchdog {
    /// Tells the core which services a deploy answers for, when that is news.
    func tellDeploying(_ deploying: Set<String>) {
        guard deploying != self.deployingTold else { return }
        self.deployingTold = deploying
        self.take(.deploying(deploying))
    }

    /// The services that a deploy answers for now.
    var deploying: Set<String> {
        DeployMarker.covered(of: self.services.keys, lock: self.watched.folder.deployLock)
    }

    var isDeployGoingOn: Bool { FileLock.holder(ofLockAt: self.watched.folder.deployLock) != nil }

    /// Tells the core of a deploy that has begun: what it does to its containers must not come as a surprise.
    ///
    /// - Returns: whether one is going on.
    @discardableResult
    func lookForDeploy() -> Bool {
        guard self.isDeployGoingOn else { return false }
        self.sawDeploy = true
        self.tellDeploying(self.deploying)
        return true
    }

    /// Tells the core whether a deploy is going on.
    ///
    /// - Returns: whether one has ended that was going on at an earlier look.
    func hasDeployEnded() -> Bool {
        if self.lookForDeploy() { return false }
        self.tellDeploying([])
        defer { self.sawDeploy = false }
        return self.sawDeploy
    }
}
