public import Compose
public import EventLoop
import Docker
import Glibc
public import Support

/// The deploys of a project, from their journals.
@Loop
public struct DeployHistory {
    /// One of them.
    public struct Entry: Sendable {
        public let header: DeployHeader
        public let began: Timestamp
        /// When its journal was last written to.
        public let ended: Timestamp
        public let transaction: Transaction
        /// Nil while it goes on, and for one that was cut off.
        public let outcome: DeployOutcome?
        /// Why it ended so; empty when all went well.
        public let reason: String
    }

    /// How many are kept.
    private static nonisolated let keptMax = 50

    private let folder: StateFolder
    private let project: String

    public init(_ folder: StateFolder, project: String) {
        self.folder = folder
        self.project = project
    }

    /// All of them, the oldest first.
    public func entries() -> [Entry] { self.ids().compactMap(self.entry) }

    /// The last one.
    public func last() -> Entry? {
        for id in self.ids().reversed() { if let entry = self.entry(id) { return entry } }
        return nil
    }

    /// The last one, if its journal has no end.
    public func unfinished() -> Entry? {
        guard let last = self.last(), last.outcome == nil else { return nil }
        return last
    }

    /// Whether a deploy of any project beside this compose file has no end. Asks nobody, so that it costs nothing where
    /// all have one.
    static func hasUnfinished(besides composeFile: String) -> Bool {
        let ids = folderNames(DeployFolder.all(StateFolder(besides: composeFile, project: ""))) ?? []
        return Set(ids.compactMap(self.project(of:))).contains { project in
            let folder = StateFolder(besides: composeFile, project: project)
            return DeployHistory(folder, project: project).unfinished() != nil
        }
    }

    private func entry(_ id: String) -> Entry? {
        let (events, began, ended) = DeployJournal.read(DeployFolder(id, in: self.folder))
        let transaction = Transaction(folding: events)
        guard let header = transaction.header, header.project == self.project, let began, let ended else { return nil }
        var end: (outcome: DeployOutcome, reason: String)?
        for case .ended(let outcome, let reason) in events { end = (outcome, reason) }
        return Entry(
            header: header, began: began, ended: ended, transaction: transaction, outcome: end?.outcome,
            reason: end?.reason ?? "")
    }

    /// A new one's name: they sort by time.
    func newID() -> String {
        // "2026-11-24T10:51:54.123Z" without what does not suit a name.
        let time = String(Timestamp.now.description.unicodeScalars.filter { $0.properties.numericType != nil })
        return "\(time)-\(self.project)"
    }

    /// Removes the oldest of more than fifty.
    func prune() {
        for id in self.ids().dropLast(Self.keptMax) {
            let folder = DeployFolder(id, in: self.folder)
            for name in folderNames(folder.path) ?? [] { unlink("\(folder.path)/\(name)") }
            rmdir(folder.path)
        }
    }

    private func ids() -> [String] {
        (folderNames(DeployFolder.all(self.folder)) ?? []).filter { Self.project(of: $0) == self.project }
    }

    /// What stands behind the time; a project's name may have dashes of its own.
    private static nonisolated func project(of id: String) -> String? {
        id.firstIndex(of: "-").map { String(id[id.index(after: $0)...]) }
    }
}

extension [DeployHistory.Entry] {
    /// An incident within an hour after a deploy may have come with it.
    private static nonisolated var linkedTime: Duration { .seconds(3_600) }

    /// The deploy that changed `service` and ended in the hour before an incident of it began; the last of them.
    public nonisolated func cause(of service: String, at time: Timestamp) -> DeployHistory.Entry? {
        self.last { entry in
            entry.transaction.hasTouched && entry.transaction.units.contains { $0.service == service }
                && (.zero...Self.linkedTime).contains(time - entry.ended)
        }
    }
}

extension DeployHistory {
    /// What a container was made of after the last deploy in which it had that image.
    func fingerprint(of name: String, image: String) -> ContainerFingerprint? {
        for id in self.ids().reversed() {
            let path = DeployFolder(id, in: self.folder).after
            let fingerprints = DeployFolder.read([String: ContainerFingerprint].self, from: path)
            if let found = fingerprints?[name], found.image == image { return found }
        }
        return nil
    }
}
