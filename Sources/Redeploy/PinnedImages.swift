import Compose
import Docker
import EventLoop

/// The images that ran, as tags `selfheal/<project>/<service>:keep-N`: the last three sets, 1 the youngest. A tag keeps an
/// image when its name is built anew, and a container that is never started from `docker image prune -a`. See
/// docs/decisions/050.
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

    /// Moves every set one further and keeps `running` as the youngest. Done twice it moves no further, as the second time
    /// nothing new runs.
    func shift(
        _ before: [Int: [String: String]], adding running: [String: String]
    ) async throws(EngineError) {
        for number in (1..<Self.count).reversed() {
            for (service, image) in before[number] ?? [:] { try await self.tag(image, service, number + 1) }
        }
        for (service, image) in running { try await self.tag(image, service, 1) }
    }

    /// Keeps the images of `services` that one may go back to from being pruned, and those no more that one can't.
    func hold(_ services: some Collection<String>) async throws(EngineError) {
        let wanted = Set(try await self.read(of: services).values.flatMap(\.values))
        var held: Set<String> = []
        let holders = try await self.engine.containers(
            labels: ["\(Self.keepLabel)=\(self.project)"], within: .seconds(10))
        for holder in holders {
            let image = holder.labels[Self.imageLabel] ?? ""
            guard !wanted.contains(image) else {
                held.insert(image)
                continue
            }
            try await self.engine.remove(holder.id, withAnonymousVolumes: true, within: .seconds(30))
        }
        for image in wanted.subtracting(held).sorted() {
            // "sha256:" and twelve digits, as people name images.
            let name = "selfheal-keep-\(self.project)-\(image.dropFirst(7).prefix(12))"
            // Compose labels the images that it builds, and a container inherits that: it is none of the project's.
            let labels = [
                Self.keepLabel: self.project, Self.imageLabel: image, ComposeLabels.project: "selfheal-keep",
            ]
            try await self.engine.hold(image, as: name, labels: labels, within: .seconds(30))
        }
    }

    /// On a container that keeps an image: the project it is kept for, and its id.
    private static nonisolated let keepLabel = "selfheal.keep"
    private static nonisolated let imageLabel = "selfheal.keep.image"

    /// The set to go back to: the `number`-th one, from the youngest, that is not what runs.
    ///
    /// - Throws: ``ActFailure`` when there are not so many, or when one on the way is gone.
    func target(_ number: Int, running: [String: String]) async throws(ActFailure) -> [String: String] {
        let sets: [Int: [String: String]]
        do throws(EngineError) { sets = try await self.read(of: running.keys) } catch {
            throw ActFailure(error.message)
        }
        var left = number
        for candidate in 1...Self.count {
            let set = sets[candidate] ?? [:]
            if let missing = running.keys.sorted().first(where: { set[$0] == nil }) {
                throw ActFailure(
                    "there is no image \(self.repository(missing)):keep-\(candidate): it was removed, or there were not "
                        + "so many deploys; nothing was changed")
            }
            guard set.contains(where: { running[$0.key] != $0.value }) else { continue }
            left -= 1
            if left == 0 { return set }
        }
        throw ActFailure("no more than \(Self.count) sets of images are kept; nothing was changed")
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

    /// Repository and tag of a reference such as `localhost:5000/app:1.2`.
    static nonisolated func parts(of reference: String) -> (repository: String, tag: String) {
        let name = reference.prefix { $0 != "@" }
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else {
            return (String(name), "latest")
        }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }
}
