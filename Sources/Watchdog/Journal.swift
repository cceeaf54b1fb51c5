public import EventLoop
import Glibc
public import Healing
public import Support

/// The watchdog's memory: `docker-health.txt`, one logfmt line per thing that mattered, on the disk before the action it
/// announces.
///
/// A disk that is full or gone does not stop the healing: it is said on stderr once, and again when lines get through.
@Loop
public final class Journal {
    /// What a journal held.
    public struct Contents: Sendable {
        public var records: [(Record, at: Timestamp)] = []
        /// Whose each record is, by the line of the watchdog that wrote it; empty where none tells.
        public var projects: [String] = []
        /// The time of the last line that could be read.
        public var lastTime: Timestamp?
        /// Lines that were torn or no logfmt, and have been skipped.
        public var damagedLines = 0

        /// The services whose latest incident has no end.
        var openIncidents: Set<String> {
            self.records.reduce(into: []) { open, entry in
                guard let service = entry.0.service?.service else { return }
                switch entry.0.event {
                case .detected, .acted: open.insert(service)
                case .healed, .standDown: open.remove(service)
                default: break
                }
            }
        }
    }

    /// The size at which a journal becomes `NAME.1`, in bytes. Both are replayed.
    public nonisolated static let rotationSize = 4 * 1_024 * 1_024

    private let file: AppendOnlyFile
    private let echo: (String) -> Void
    private let redactor = Redactor()
    private var linesLost = 0

    /// - Parameter echo: gets each line too, for a terminal or a service manager's log.
    public init(path: String, echo: @escaping (String) -> Void) {
        self.file = AppendOnlyFile(path: path, rotatingAt: Journal.rotationSize)
        self.echo = echo
    }

    /// - Throws: ``WatchError/Code/logFileUnusable``.
    public func open() async throws(WatchError) {
        do { try await self.file.open() } catch {
            throw WatchError(
                .logFileUnusable, "the journal can't be written: \(error). Name a writable file in LOG_FILE.")
        }
    }

    /// Adds a line, with the time before `fields`.
    ///
    /// - Returns: true when it is on the disk, false when it is clear that it won't be.
    @discardableResult
    public func append(_ fields: [Record.Field], at time: Timestamp) async -> Bool {
        let line = Logfmt.line([("time", time.description)] + fields.map { ($0.key, self.kept($0.value)) })
        self.echo(line)
        do {
            try await self.file.append(line)
            if self.linesLost > 0 {
                complain("the journal can be written again; \(self.linesLost) lines are only in this log")
                self.linesLost = 0
            }
            return true
        } catch {
            if self.linesLost == 0 { complain("the journal can't be written, healing goes on without it: \(error)") }
            self.linesLost += 1
            return false
        }
    }

    /// What a service answers is part of some values: what looks like a secret in it is not for the journal.
    private func kept(_ value: String) -> String { Journal.bounded(self.redactor.redact(value)) }

    /// `value` as far as a line has room for it. What a service answers is part of some values, and has no bound; a line
    /// of less than 4 KiB is written to a pipe whole or not at all.
    private static func bounded(_ value: String) -> String {
        guard value.utf8.count > 1_000 else { return value }
        var (cut, count) = (String.UnicodeScalarView(), 0)
        for scalar in value.unicodeScalars {
            count += UTF8.width(scalar)
            if count > 1_000 { break }
            cut.append(scalar)
        }
        return String(cut) + "…"
    }

    /// Reads a journal and the one that was rotated away before it. A missing one is empty.
    ///
    /// - Parameter project: whose records are wanted, as one file may have served watchdogs of several projects in turn;
    ///   nil for all.
    public nonisolated static func read(_ path: String, of project: String? = nil) -> Contents {
        var contents = Contents()
        var isWanted = true
        var writer = ""
        for file in ["\(path).1", path] {
            for line in Journal.lines(of: file) {
                guard let fields = Logfmt.fields(line), let time = fields["time"].flatMap(Timestamp.init) else {
                    contents.damagedLines += 1
                    continue
                }
                if fields["event"] == "watch_started", let name = fields["project"] {
                    writer = name
                    isWanted = project.map { $0 == name } ?? true
                }
                guard isWanted else { continue }
                contents.lastTime = time
                if let record = Record(fields: fields) {
                    contents.records.append((record, at: time))
                    contents.projects.append(writer)
                }
            }
        }
        return contents
    }

    /// Makes sure that there is a journal, for whom none is a mistake.
    ///
    /// - Throws: ``WatchError/Code/logFileUnusable`` where there is none, or something else in its place.
    public nonisolated static func require(_ path: String) throws(WatchError) {
        guard readFile(path, limit: 1) != nil else {
            throw WatchError(.logFileUnusable, "\(path) can't be read: \(String(cString: strerror(errno)))")
        }
        let contents = Journal.read(path)
        guard contents.lastTime != nil || contents.damagedLines == 0 else {
            throw WatchError(.logFileUnusable, "\(path) is no journal: it has no line of a watchdog")
        }
    }

    /// The lines of a regular file that are not empty; of one that is far larger than a journal gets, the last ones.
    private nonisolated static func lines(of path: String) -> [String] {
        // Without waiting for the other end, should it be a pipe.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        let begin = max(0, status.st_size - 2 * Journal.rotationSize)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = pread(descriptor, &buffer, buffer.count, begin + bytes.count), count > 0 {
            bytes += buffer.prefix(count)
        }
        // By bytes: to a `Character` a line feed behind a carriage return is no line feed.
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
        return begin > 0 ? Array(lines.dropFirst()) : lines
    }
}
