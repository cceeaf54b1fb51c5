import CCurl
import EventLoop
import FoundationEssentials
import HTTPClient
import Support

extension Engine {
    /// Follows what happens to containers: `GET /events`.
    ///
    /// An open stream costs nothing while nothing happens. It never ends well: it throws ``EngineError`` when the
    /// connection could not be made within 10 s (a frozen engine), ended (the engine stopped), or when more than 4096
    /// events wait for the reader. Whoever reads must then connect again with `since`, and list the containers anew:
    /// the engine remembers only its last 256 events. Ending the iteration or its task closes the connection.
    ///
    /// - Parameters:
    ///   - since: a moment in the engine's clock, as ``EngineEvent/time`` writes it (seconds and nanoseconds since 1970,
    ///     `1700000000.000000000`); what the engine remembers from then on, that moment included, comes first.
    ///     Nil begins with whatever happens after the connection is made.
    ///   - labels: `name=value` or just `name`; only containers that have all of them are reported.
    public func events(since: String?, labels: [String]) -> AsyncThrowingStream<EngineEvent, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(4_096)) { continuation in
            let task = Task { @Loop in
                let error = await self.follow(since: since, labels: labels, continuation)
                continuation.finish(throwing: error)
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func follow(
        since: String?, labels: [String], _ continuation: AsyncThrowingStream<EngineEvent, any Error>.Continuation
    ) async -> EngineError {
        var filters = ["type": ["container"], "event": EventWire.actions]
        if !labels.isEmpty { filters["label"] = labels }
        var request = Request(
            method: .get, path: "/events", query: [("filters", String(decoding: json(filters), as: UTF8.self))])
        if let since { request.query.append(("since", since)) }

        do { try await self.negotiate(within: .seconds(10)) } catch { return error }
        let complaint = Complaint()
        var splitter = LineSplitter(limit: 1 << 20)
        var fault: EngineError?
        let transfer = self.transfer(for: request, complaint: complaint) { bytes in
            splitter.consume(bytes) { line in
                guard fault == nil, !line.isEmpty else { return }
                fault = Self.hand(line, to: continuation)
            }
            return fault == nil
        }
        // The engine sends the head at once; from then on silence is the usual thing.
        transfer.onHeader = { [weak transfer] line in
            if line.hasPrefix("HTTP/1.1 200") { transfer?.setDeadline(nil) }
        }
        let end = await transfer.run(within: .seconds(10))
        if let fault { return fault }
        do throws(EngineError) { _ = try self.status(of: end, request, complaint) } catch { return error }
        return EngineError(.unreachable, "the engine ended its stream of events")
    }

    private static func hand(
        _ line: String, to continuation: AsyncThrowingStream<EngineEvent, any Error>.Continuation
    ) -> EngineError? {
        guard let wire = try? JSONDecoder().decode(EventWire.self, from: Data(line.utf8)) else {
            return EngineError(.malformed, "the engine's stream of events is not what its API promises")
        }
        if case .dropped = continuation.yield(wire.event) {
            return EngineError(.unreachable, "more than 4096 events wait to be read")
        }
        return nil
    }
}

/// One line of the event stream, as it comes.
private struct EventWire: Decodable {
    struct Actor: Decodable {
        let ID: String
        let Attributes: [String: String]?
    }

    /// What is asked for. The engine matches these as prefixes or exactly, so that `health_status` is enough and the
    /// `exec_…` of each healthcheck stay away.
    static let actions = [
        "create", "start", "die", "stop", "kill", "pause", "unpause", "destroy", "health_status", "oom", "restart",
        "rename",
    ]

    let Action: String
    let Actor: Actor
    let timeNano: Int64

    var event: EngineEvent {
        let parts = self.Action.split(separator: ":", maxSplits: 1)
        return EngineEvent(
            id: self.Actor.ID, action: String(parts.first ?? ""),
            detail: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : nil,
            attributes: self.Actor.Attributes ?? [:], timeNano: self.timeNano)
    }
}
