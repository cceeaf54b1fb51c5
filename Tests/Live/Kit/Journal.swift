import Foundation
import Support
import Testing

/// `docker-health.txt`, as a person with `grep` reads it.
struct Journal: Sendable {
    struct Line: CustomStringConvertible {
        let time: Timestamp
        let description: String
        let fields: [String: String]

        subscript(_ key: String) -> String? { self.fields[key] }
        var event: String { self["event"] ?? "" }
        var service: String? { self["service"] }
    }

    let path: String
    /// The watchdog that writes it, and where that complains: nothing more is to be waited for once it has ended.
    var writer: (child: Child, stderr: String)?

    var text: String { textOfFile(self.path) }

    /// All lines so far. One that is still being written is left out.
    var lines: [Line] {
        let text = self.text
        let whole = text.prefix(upTo: text.lastIndex(of: "\n") ?? text.startIndex)
        return whole.split(separator: "\n").compactMap { line in
            guard let fields = Logfmt.fields(line), let time = fields["time"].flatMap(Timestamp.init) else {
                Issue.record("the journal holds a line that is no logfmt: \(line)")
                return nil
            }
            return Line(time: time, description: String(line), fields: fields)
        }
    }

    func lines(_ event: String, _ service: String? = nil) -> [Line] {
        self.lines.filter { $0.event == event && (service == nil || $0.service == service) }
    }

    /// Waits for the `count`th line of a kind.
    @discardableResult
    func wait(
        for event: String, _ service: String? = nil, count: Int = 1, within limit: Duration
    ) async throws -> Line {
        let what = "line \(count) of event=\(event) service=\(service ?? "any") in the journal"
        return try await eventually("\(what), which holds:\n\(self.text)", within: limit) {
            let end = self.writer?.child.ended
            let lines = self.lines(event, service)
            if lines.count >= count { return lines[count - 1] }
            if let end, let writer { throw Trouble("the watchdog ended with \(end): \(textOfFile(writer.stderr))") }
            return nil
        }
    }

    /// Waits until the first incident of `service` is healed, and checks what must stand in the journal of every
    /// incident: detection with cause and evidence, the action or the engine's own, recovery, proof; in this order.
    @discardableResult
    func waitUntilHealed(
        _ service: String, by action: String, within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Line] {
        let healed = try await self.wait(for: "healed", service, within: limit)
        let story = self.lines.filter { $0["incident"] == healed["incident"] }
        var events = story.map(\.event)[...]
        for step in ["detected", action, "recovered", "healed"] {
            let place = events.firstIndex(of: step)
            #expect(place != nil, "no \(step) where it should be in:\n\(self.text)", sourceLocation: sourceLocation)
            if let place { events = events[(place + 1)...] }
        }
        #expect(story.first?["cause"] != nil && story.first?["evidence"] != nil, sourceLocation: sourceLocation)
        #expect(healed["proof"] != nil, sourceLocation: sourceLocation)
        #expect(story.map(\.time) == story.map(\.time).sorted(), sourceLocation: sourceLocation)
        return story
    }
}
