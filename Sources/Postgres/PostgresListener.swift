public import EventLoop
import Support

/// Receives the notifications of some channels (`LISTEN`), on a connection of its own that is made anew whenever it is
/// lost. Costs nothing while there are none.
///
/// Notifications sent while there is no connection are lost, so they may only ever say "look there": at each
/// ``Event/connected`` the consumer reads what it may have missed.
@Loop
public final class PostgresListener {
    /// What the consumer is told, in order.
    public enum Event: Sendable, Hashable {
        /// Notifications sent from now on arrive. Any sent before may have been missed.
        case connected
        /// Somebody executed `NOTIFY channel, payload`, this process included.
        case notification(channel: String, payload: String)
        /// Notifications are missed from now on, until ``connected``.
        case disconnected(PostgresError)
    }

    private static nonisolated let connectLimit = Duration.seconds(2)
    private static nonisolated let statementLimit = Duration.seconds(2)

    private let configuration: PostgresConfiguration
    private let channels: [String]

    /// `channels` are plain lower-case names; the program's own, never anybody's input.
    public init(_ configuration: PostgresConfiguration, channels: [String]) {
        self.configuration = configuration
        self.channels = channels
    }

    /// Listens until the task is cancelled. Each event is handled before the next one is looked at; what arrives
    /// meanwhile waits.
    public func run(_ handle: @Loop (Event) async -> Void) async {
        var backoff = Self.freshBackoff
        var random = SystemRandomNumberGenerator()
        var wasConnected = false
        while !Task.isCancelled {
            do throws(PostgresError) {
                let connection = try await self.connect()
                defer { connection.close() }
                backoff = Self.freshBackoff
                wasConnected = true
                await handle(.connected)
                try await self.receive(connection, handle)
                return
            } catch {
                if wasConnected { await handle(.disconnected(error)) }
                wasConnected = false
            }
            try? await Loop.sleep(for: backoff.next(using: &random))
        }
    }

    private static nonisolated let freshBackoff = Backoff(first: .milliseconds(50), most: .seconds(1))

    private func connect() async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.open(self.configuration, within: Self.connectLimit)
        do throws(PostgresError) {
            let script = self.channels.map { "listen \($0)" }.joined(separator: ";")
            try await connection.execute(script, within: Self.statementLimit)
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    /// Returns when the task is cancelled.
    private func receive(
        _ connection: PostgresConnection, _ handle: @Loop (Event) async -> Void
    ) async throws(PostgresError) {
        while !Task.isCancelled {
            // Those that came with the answer to `listen` are there already.
            while let (channel, payload) = connection.nextNotification() {
                await handle(.notification(channel: channel, payload: payload))
                if Task.isCancelled { return }
            }
            let input = Promise<Void>()
            connection.watch { input.fulfil(()) }
            await withTaskCancellationHandler {
                await input.value()
            } onCancel: {
                Task { @Loop in input.fulfil(()) }
            }
            connection.unwatch()
            guard Task.isCancelled || connection.takeInput() else {
                throw PostgresError(code: .lost, message: "the server closed the connection")
            }
        }
    }
}
