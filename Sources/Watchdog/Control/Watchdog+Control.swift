import CLinux
import EventLoop
import FoundationEssentials
import Glibc
import Healing
import Support

/// The operator's door: `pause`, `resume` and `heal`, through a socket of the project.
extension Watchdog {
    /// How long the proof of healing on demand is waited for.
    private static let proofLimit = Duration.seconds(600)
    /// How many may talk to it at once.
    private static let connectionsMax = 16

    /// Serves until it is cancelled. Where there can be no socket that is said, and healing goes on without.
    ///
    /// - Returns: whether it is to be begun anew.
    func serveControl() async -> Bool {
        let address = ControlAddress(of: self.watched.folder)
        let listener: Int32
        do throws(ControlAddress.Failure) { listener = try address.listen() } catch {
            complain("pause, resume and heal can't be asked of this watchdog: \(error.reason)")
            return false
        }
        let (arrivals, pending) = AsyncStream.makeStream(of: Int32.self)
        Loop.watch(listener, for: .readable) { _ in
            while case let descriptor = linux_accept(listener), descriptor >= 0 { pending.yield(descriptor) }
        }
        self.renewControl = { pending.finish() }
        defer {
            Loop.unwatch(listener)
            close(listener)
            // By now it may be another watchdog's.
            if self.lockHeld?.isFile(at: self.watched.folder.watchLock) == true { address.remove() }
        }
        var open = 0
        await withDiscardingTaskGroup { group in
            for await descriptor in arrivals {
                guard open < Watchdog.connectionsMax else {
                    close(descriptor)
                    continue
                }
                open += 1
                group.addLoopTask {
                    let connection = ControlConnection(descriptor)
                    await self.serve(connection)
                    connection.close()
                    open -= 1
                }
            }
        }
        return !Task.isCancelled
    }

    private func serve(_ connection: ControlConnection) async {
        guard let line = await connection.line(within: .seconds(2)) else { return }
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(line)), let wish = request.wish
        else {
            return connection.send(ControlReply(.refused, "this watchdog does not understand that request").controlLine)
        }
        if let service = request.service, self.services[service] == nil {
            let names = self.services.keys.sorted().joined(separator: ", ")
            return connection.send(
                ControlReply(.notWatched, "\(service) is not watched (watched: \(names))").controlLine)
        }
        connection.send(await self.answer(to: wish, of: request, connection).controlLine)
    }

    private func answer(
        to wish: OperatorWish, of request: ControlRequest, _ connection: ControlConnection
    ) async -> ControlReply {
        let answer = Promise<ControlReply>()
        var incident: Int?
        let listener = self.listen(until: answer) { record, time, isKept in
            guard record.service?.service == request.service || record.service == nil else { return }
            if case .heal = wish {
                if case .healAsked = record.event { incident = record.incident }
                if let reply = self.end(of: record, incident) { return answer.fulfil(reply) }
                guard incident != nil else { return }
                connection.send(ControlReply(nil, "\(time) \(record.sentence)").controlLine)
            } else if let reply = self.confirmation(of: record, isKept: isKept) {
                answer.fulfil(reply)
            }
        }
        defer { self.forget(listener) }
        let decisions = self.take(.asked(wish))
        if case .resume = wish, !decisions.contains(where: \.isEndOfPause) {
            return ControlReply(.done, "nothing was paused")
        }
        if case .heal = wish {
            return await answer.value(within: Watchdog.proofLimit)
                ?? ControlReply(.unproven, "no proof in \(Watchdog.proofLimit.seconds); it is still being watched")
        }
        return await answer.value(within: .seconds(10))
            ?? ControlReply(.done, "done, but the disk is slow: whether it survives this watchdog is not certain yet")
    }

    /// What a pause or its end is answered, once it is in the journal or can't be.
    private func confirmation(of record: Record, isKept: Bool) -> ControlReply? {
        let what = record.service.map(\.service) ?? "project \(self.watched.project)"
        switch record.event {
        case .paused(let time, _):
            let end = self.timeline.timestamp(of: self.timeline.now + time)
            let resume = self.resumption(of: record.service)
            return ControlReply(
                .done,
                "\(what) is paused until \(end): it is watched, and nothing is done. `\(resume)` ends that."
                    + (isKept ? "" : " The journal can't be written: a restart of the watchdog would end it too."))
        case .resumed(.person):
            let names = record.service.map { [$0.service] } ?? self.services.keys.sorted()
            let left = names.filter { self.pause(of: $0) != nil }
            if left.isEmpty { return ControlReply(.done, "\(what) is looked after again") }
            return ControlReply(
                .done,
                "\(left.joined(separator: ", ")): paused with the whole project; `\(self.resumption())` ends that")
        default: return nil
        }
    }

    /// The command that ends a pause of `service`, or every pause.
    private func resumption(of service: ServiceID? = nil) -> String {
        let words: [String?] = ["selfheal resume", service?.service, self.watched.scope.option]
        return words.compactMap(\.self).joined(separator: " ")
    }

    /// What healing on demand came to, when the record tells.
    private func end(of record: Record, _ incident: Int?) -> ControlReply? {
        if case .healRefused(let advice) = record.event { return ControlReply(.refused, advice) }
        guard let incident, record.incident == incident else { return nil }
        return switch record.event {
        case .healed: ControlReply(.done, record.sentence)
        case .unproven, .standDown: ControlReply(.unproven, record.sentence)
        default: nil
        }
    }
}

extension Decision {
    fileprivate var isEndOfPause: Bool {
        if case .record(let record) = self, case .resumed(.person) = record.event { true } else { false }
    }
}
