import Compose
public import EventLoop
import FoundationEssentials
import Support

/// Speaks to the running watchdog of a project.
@Loop
public enum ControlClient {
    /// How long healing on demand is waited for: longer than the watchdog itself waits.
    private static let limit = Duration.seconds(630)

    /// Asks and waits for the outcome.
    ///
    /// - Parameter onProgress: gets each line that comes before it.
    /// - Throws: ``WatchError/Code/composeFileUnusable``, ``WatchError/Code/watchdogMissing`` when none runs,
    ///   ``WatchError/Code/controlUnusable`` when it can't be spoken to.
    public static func ask(
        _ request: ControlRequest, _ settings: WatchSettings, onProgress: (String) -> Void
    ) async throws(WatchError) -> ControlReply {
        let (project, folder) = try await Watched.place(settings)
        let descriptor: Int32?
        do throws(ControlAddress.Failure) { descriptor = try ControlAddress(of: folder).connect() } catch {
            throw WatchError(.controlUnusable, "the watchdog can't be spoken to: \(error.reason)")
        }
        guard let descriptor else {
            throw WatchError(
                .watchdogMissing,
                "no watchdog of project \(project) listens. Start one: selfheal watch"
                    + hint(" (here: bash scripts/up.sh)", toScript: "scripts/up.sh")
                    + ". `selfheal status` and `selfheal history` need none.")
        }
        let connection = ControlConnection(descriptor)
        defer { connection.close() }
        connection.send(request.controlLine)
        while let line = await connection.line(within: self.limit) {
            guard let reply = try? JSONDecoder().decode(ControlReply.self, from: Data(line)) else { break }
            if reply.outcome != nil { return reply }
            onProgress(reply.text)
        }
        throw WatchError(
            .controlUnusable, "the watchdog ended the conversation; docker-health.txt (LOG_FILE) says what it did")
    }
}
