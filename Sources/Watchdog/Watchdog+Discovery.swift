import Compose
import Docker
import EventLoop
import Healing
import Support

/// Which containers there are to look after, where not a compose file but their labels say so.
extension Watchdog {
    /// Finds the containers that run, and those that an earlier watchdog may have left stopped in the middle of an
    /// incident. Other ones that do not run are nobody's concern.
    func discover(withOpenIncidents open: Set<String>) async {
        if case .project = self.watched.scope { return }
        // Without an answer everything is found later, when the engine is back.
        guard let listed = try? await self.engine.containers(labels: self.watched.scope.filter, within: .seconds(5))
        else { return }
        var found: [String: [String: String]] = [:]
        for summary in listed {
            guard let id = self.watched.scope.identity(summary.labels, name: summary.name) else { continue }
            if summary.state.hasProcess || open.contains(id.service) { found[id.service] = summary.labels }
        }
        self.find(found)
    }

    /// Takes services in that are not known yet.
    ///
    /// - Parameter labels: those of one of its containers, by service.
    func find(_ labels: [String: [String: String]]) {
        if case .project = self.watched.scope { return }
        var terms: [String: Terms] = [:]
        for (service, labels) in labels where self.services[service] == nil {
            let found = self.service(service, labels)
            self.services[service] = found
            terms[service] = found.terms
        }
        if !terms.isEmpty { self.take(.found(terms)) }
    }

    private func service(_ name: String, _ labels: [String: String]) -> Watched.Service {
        var settings = ServiceSettings()
        var complaints = settings.read(labels)
        complaints.faults += settings.readStopTimeout(labels)
        // What ended is left to its restart policy: who labels a container asks for its health to be kept.
        settings.bringsBackExits = false
        // Its compose file is not ours to read, if there is one.
        settings.mayRecreate = false
        for complaint in complaints.faults + complaints.warnings {
            // Ends by itself: the journal writes or gives up.
            Task { @Loop in
                await self.note([("event", "settings_warning"), ("service", name), ("warning", complaint)])
            }
        }
        return Watched.Service(
            dependencies: Scope.dependencies(labels), relations: Relations(), settings: settings, reason: .label)
    }

    /// Lets go of services that have had no container for ten minutes: long enough for whoever makes it anew, and short
    /// enough for an engine on which containers come and go all day.
    func forgetVanished(present: Set<String>) {
        if case .project = self.watched.scope { return }
        let now = self.timeline.now
        for service in self.services.keys.sorted() {
            if present.contains(service) {
                self.vanished[service] = nil
                continue
            }
            let since = self.vanished[service] ?? now
            self.vanished[service] = since
            guard now - since >= .seconds(600) else { continue }
            self.vanished[service] = nil
            self.services[service] = nil
            self.refreshed[service] = nil
            self.saidUnchecked.remove(service)
            self.take(.forgotten(service: service))
        }
    }
}
