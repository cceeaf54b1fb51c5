public import Compose
public import EventLoop
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
        /// Which settings were otherwise than at the last deploy before it that succeeded: by service and name.
        public var changes: [String] = []
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
    public func entries() -> [Entry] {
        var before: KeptSettings?
        return self.ids().compactMap(self.entry).map { entry in
            var entry = entry
            guard let settings = self.settings(of: entry.header.id) else { return entry }
            entry.changes = before.map(settings.differences) ?? []
            if entry.hasSucceeded { before = settings }
            return entry
        }
    }

    private func settings(of id: String) -> KeptSettings? {
        DeployFolder.read(KeptSettings.self, from: DeployFolder(id, in: self.folder).settings)
    }

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

    /// The deploys by this compose file, of any project, the oldest first. Works where the file can't be read.
    static func entries(by files: ComposeFiles) -> [Entry] {
        self.histories(besides: files).flatMap { $0.entries() }
            .filter { $0.isBy(files) }.sorted { $0.began < $1.began }
    }

    /// Those of them that have no end. Asks nobody, so that it costs nothing where all have one.
    static func unfinished(by files: ComposeFiles) -> [Entry] {
        self.histories(besides: files).compactMap { $0.unfinished() }.filter { $0.isBy(files) }
    }

    private static func histories(besides files: ComposeFiles) -> [DeployHistory] {
        let ids = folderNames(DeployFolder.all(StateFolder(besides: files, project: ""))) ?? []
        return Set(ids.compactMap(self.project(of:))).sorted().map { project in
            DeployHistory(StateFolder(besides: files, project: project), project: project)
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

    /// Removes the oldest of more than fifty, but for those that say with which settings the kept images ran.
    func prune() {
        let old = self.ids().dropLast(Self.keptMax)
        guard !old.isEmpty else { return }
        // The pinned sets, and the one that runs.
        let needed = Set(self.settings().prefix(PinnedImages.count + 1).map(\.id))
        for id in old where !needed.contains(id) {
            let folder = DeployFolder(id, in: self.folder)
            for name in folderNames(folder.path) ?? [] { unlink("\(folder.path)/\(name)") }
            rmdir(folder.path)
        }
    }

    /// With which settings each set of images ran last, the latest set first.
    private func settings() -> [(id: String, settings: KeptSettings)] {
        var found: [(id: String, settings: KeptSettings)] = []
        for id in self.ids().reversed() {
            guard let settings = self.settings(of: id),
                !found.contains(where: { $0.settings.images == settings.images }),
                self.entry(id)?.hasSucceeded == true
            else { continue }
            found.append((id, settings))
        }
        return found
    }

    /// With which settings these images, by service, ran last; nil where nobody knows.
    func settings(withImages images: [String: String]) -> KeptSettings? {
        self.settings().first { _, settings in images.allSatisfy { settings.images[$0.key] == $0.value } }?.settings
    }

    private func ids() -> [String] {
        (folderNames(DeployFolder.all(self.folder)) ?? []).filter { Self.project(of: $0) == self.project }
    }

    /// What stands behind the time; a project's name may have dashes of its own.
    private static nonisolated func project(of id: String) -> String? {
        id.firstIndex(of: "-").map { String(id[id.index(after: $0)...]) }
    }
}

extension DeployHistory.Entry {
    /// Whether what it wanted ran when it ended.
    nonisolated var hasSucceeded: Bool { self.outcome == .deployed || self.outcome == .nothingToDo }

    /// Whether it was made by this compose file. Journals of before its name was kept do not say.
    nonisolated func isBy(_ files: ComposeFiles) -> Bool {
        self.header.composeFile.map { $0 == files.name } ?? true
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
