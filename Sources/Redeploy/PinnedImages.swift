import Compose
import Docker
import EventLoop

/// The images that ran, as tags `selfheal/<project>/<service>:keep-N`: the last three sets, 1 the youngest. Each has a
/// container too that never starts: `docker image prune -a` takes every image, whatever its tags, that no container has.
@Loop
struct PinnedImages {
    /// How many sets are kept.
    static nonisolated let count = 3

    let project: String
    let engine: Engine

    init(project: String, engine: Engine) {
        self.project = project
        self.engine = engine
    }

    /// The image ids by service for each N.
    func read(of services: some Collection<String>) async throws(EngineError) -> [Int: [String: String]] {
        var sets: [Int: [String: String]] = [:]
        for number in 1...Self.count {
            for service in services {
                let reference = "\(self.repository(service)):keep-\(number)"
                if let image = try await self.engine.imageID(reference, within: .seconds(10)) {
                    sets[number, default: [:]][service] = image
                }
            }
        }
        return sets
    }

    /// Keeps `running` as the youngest set and moves those before it one further. Done twice it moves no further, as the
    /// second time nothing new runs.
    func shift(
        _ before: [Int: [String: String]], adding running: [String: String]
    ) async throws(EngineError) {
        let after = Self.shifted(before, adding: running)
        // The oldest first: one that is cut off has lost none but what goes anyhow.
        for number in after.keys.sorted(by: >) {
            for (service, image) in after[number] ?? [:] where before[number]?[service] != image {
                try await self.tag(image, service, number)
            }
        }
    }

    /// A set that is kept already only changes its place, so that going back and forth between two versions does not push
    /// the third one out.
    static nonisolated func shifted(
        _ before: [Int: [String: String]], adding running: [String: String]
    ) -> [Int: [String: String]] {
        let place = (1...Self.count).first { number in
            running.allSatisfy { before[number]?[$0.key] == $0.value }
        }
        var after = before
        for number in (1..<(place ?? Self.count)).reversed() {
            for (service, image) in before[number] ?? [:] { after[number + 1, default: [:]][service] = image }
        }
        after[1, default: [:]].merge(running) { $1 }
        return after
    }

    /// Makes a container for each of these images and removes those for images that are kept no more.
    func hold(_ images: [String: Set<String>]) async throws(EngineError) {
        var superfluous: [String: String] = [:]
        for container in try await self.engine.containers(
            labels: ["\(SelfhealLabels.keep)=\(self.project)"], within: .seconds(10))
        {
            superfluous[container.name] = container.id
        }
        // An image gives its labels to its containers: without these, Compose would take them for replicas.
        let labels = [SelfhealLabels.keep: self.project, ComposeLabels.project: "", ComposeLabels.service: ""]
        for (service, ids) in images {
            for id in ids {
                let name = "selfheal.\(self.project).\(service).\(id.drop { $0 != ":" }.dropFirst().prefix(12))"
                guard superfluous.removeValue(forKey: name) == nil else { continue }
                try await self.engine.hold(id, as: name, labels: labels, within: .seconds(30))
            }
        }
        for id in superfluous.values {
            try await self.engine.remove(id, withAnonymousVolumes: true, within: .seconds(30))
        }
    }

    /// The set to go back to: the `number`-th one, from the youngest, that is not what runs.
    ///
    /// - Throws: ``ActFailure`` when there are not so many, or when one on the way is gone.
    func target(_ number: Int, running: [String: String]) async throws(ActFailure) -> [String: String] {
        let sets: [Int: [String: String]]
        do throws(EngineError) { sets = try await self.read(of: running.keys) } catch {
            throw ActFailure(error.message)
        }
        do throws(Missing) { return try Self.target(number, in: sets, running: running) } catch {
            guard let service = error.service else {
                throw ActFailure("no more than \(Self.count) sets of images are kept; nothing was changed")
            }
            throw ActFailure(
                "there is no image \(self.repository(service)):keep-\(error.number): it was removed, or there were not "
                    + "so many deploys; nothing was changed")
        }
    }

    /// Why there is no set to go back to.
    struct Missing: Error, Hashable {
        /// Whose image is gone; nil where all of them are there and there are no more sets.
        var service: String?
        var number: Int
    }

    /// A service that was added after a set was kept is in neither that set nor an older one, and stays as it is.
    static nonisolated func target(
        _ number: Int, in sets: [Int: [String: String]], running: [String: String]
    ) throws(Missing) -> [String: String] {
        var left = number
        for candidate in 1...Self.count {
            let set = sets[candidate] ?? [:]
            let known = Set((candidate...Self.count).flatMap { sets[$0]?.keys.map { $0 } ?? [] })
            let missing = running.keys.sorted().first { set[$0] == nil && (set.isEmpty || known.contains($0)) }
            if let missing { throw Missing(service: missing, number: candidate) }
            guard set.contains(where: { running[$0.key] != $0.value }) else { continue }
            left -= 1
            if left == 0 { return set }
        }
        throw Missing(number: Self.count)
    }

    private func tag(_ image: String, _ service: String, _ number: Int) async throws(EngineError) {
        do throws(EngineError) {
            try await self.engine.tag(image, as: self.repository(service), tag: "keep-\(number)", within: .seconds(10))
        } catch {
            // An image that somebody removed by force under a running container can't be kept any more.
            guard error.code == .notFound else { throw error }
        }
    }

    private func repository(_ service: String) -> String { "selfheal/\(self.project)/\(service.lowercased())" }

    /// The image that each service runs.
    static nonisolated func running(_ containers: [ContainerDetails]) -> [String: String] {
        var images: [String: String] = [:]
        for container in containers.sorted(by: { $0.number > $1.number }) {
            images[container.labels[ComposeLabels.service] ?? ""] = container.imageID
        }
        return images
    }
}
