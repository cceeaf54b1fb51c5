import Compose
import EventLoop
import Support

/// Gathers the facts of a project: its files, what Compose and git say of them. The engine's are in an extension.
@Loop
struct FactsReader {
    var facts: Facts
    private let composeFiles: ComposeFiles
    let compose: ComposeCLI
    let journal: String
    private let environment: [String: String]

    /// How long Compose and git may take, each time.
    static nonisolated let limit = Duration.seconds(20)

    nonisolated init(composeFiles: ComposeFiles, journal: String, environment: [String: String]) {
        let absolute = SourceFiles.absolute(composeFiles.first, shellFolder: environment["PWD"])
        self.composeFiles = composeFiles
        self.compose = ComposeCLI(files: composeFiles, environment: environment)
        self.journal = journal
        self.environment = environment
        let file = Facts.TextFile(path: composeFiles.name, text: "")
        self.facts = Facts(folder: Path.folder(absolute), compose: file)
    }

    // MARK: Files

    mutating func readFiles() async throws(ComposeError) {
        let path = self.composeFiles.first
        let text = await onOwnThread { () -> Result<String, SourceFiles.Failure> in
            do throws(SourceFiles.Failure) { return .success(try SourceFiles.text(path)) } catch {
                return .failure(error)
            }
        }
        switch text {
        case .success(let text): self.facts.compose = Facts.TextFile(path: self.facts.compose.path, text: text)
        case .failure(.missing):
            throw ComposeError(.fileMissing, "there is no compose file \(path); name it in COMPOSE_FILE")
        case .failure(.unreadable(let reason)): throw ComposeError(.fileMissing, "\(path) can't be read: \(reason)")
        }
        for path in self.composeFiles.paths.dropFirst() {
            self.facts.notChecked.append("\(path) as it is written, only what Compose makes of it")
        }
        await self.askCompose()
        await self.readBlueprints(["render.yaml", "render.yml"])
    }

    private mutating func askCompose() async {
        do throws(ComposeError) {
            self.facts.composeReading = .meaning(try await self.compose.configuration(within: Self.limit))
        } catch {
            if error.code == .invalid {
                self.facts.composeReading = .refused(error.message)
            } else {
                self.facts.notChecked.append("what Compose makes of the file (it is read as it is written): \(error)")
            }
        }
    }

    /// Reads those of `paths` that are there and were not read yet.
    private mutating func readBlueprints(_ paths: [String]) async {
        let known = Set(self.facts.blueprints.map(\.path))
        let wanted = paths.filter { !known.contains($0) }
        let folder = self.facts.folder
        let texts = await Self.texts(wanted, in: folder)
        self.facts.blueprints += wanted.compactMap { path in
            texts.read[path].map { Facts.TextFile(path: path, text: $0) }
        }
        self.facts.unreadable.merge(texts.unreadable) { $1 }
    }

    /// Reads the Dockerfiles that the other files name, and what keeps files out of their builds.
    private mutating func readDockerfiles() async {
        let project = Project(self.facts)
        let builds = project.built.compactMap(\.build)
        let onRender = project.blueprints.flatMap(\.services).filter { $0.runtime == "docker" }.map(\.dockerfile)
        let (paths, contexts) = (Set(builds.map(\.dockerfile) + onRender), Set(builds.map(\.context)))
        let folder = self.facts.folder
        let dockerfiles = await Self.texts(paths, in: folder)
        for path in paths { self.facts.dockerfiles.updateValue(dockerfiles.read[path], forKey: path) }
        self.facts.unreadable.merge(dockerfiles.unreadable) { $1 }
        let ignores = await Self.texts(contexts.map { "\($0)/.dockerignore" }, in: folder)
        for context in contexts { self.facts.dockerignores[context] = ignores.read["\(context)/.dockerignore"] }
        for (path, reason) in ignores.unreadable.sorted(by: { $0.key < $1.key }) {
            self.facts.notChecked.append("what \(Path.normal(path)) keeps out of the build: \(reason)")
        }
    }

    /// The texts of those of `paths` that are there, and why others that are there can't be read.
    private static func texts(
        _ paths: some Collection<String> & Sendable, in folder: String
    ) async -> (read: [String: String], unreadable: [String: String]) {
        await onOwnThread {
            var (read, unreadable): ([String: String], [String: String]) = ([:], [:])
            for path in paths {
                do throws(SourceFiles.Failure) { read[path] = try SourceFiles.text(Path.joined(folder, path)) } catch {
                    if case .unreadable(let reason) = error { unreadable[path] = reason }
                }
            }
            return (read, unreadable)
        }
    }

    // MARK: Git

    /// Looks through the files that git tracks, and no others: what is ignored is nobody else's.
    mutating func readTrackedFiles() async {
        let tracked = await self.trackedPaths()
        await self.readBlueprints((tracked ?? []).filter(Self.isBlueprint))
        await self.readDockerfiles()
        guard let tracked else { return }
        self.facts.tracked = tracked
        let folder = self.facts.folder
        let readElsewhere = Set(
            [self.facts.compose.path] + self.facts.dockerfiles.keys + self.facts.blueprints.map(\.path))
        self.facts.secretsInFiles = await onOwnThread {
            tracked.flatMap { path in
                let text = (try? SourceFiles.text("\(folder)/\(path)", followsLinks: false)) ?? ""
                return SecretScan.findings(path, text, isReadElsewhere: readElsewhere.contains(path))
            }
        }
    }

    /// `render.yaml` in any folder, and its variants such as `render.staging.yaml`.
    private static nonisolated func isBlueprint(_ path: String) -> Bool {
        let name = Path.name(path)
        return name.hasPrefix("render.") && (name.hasSuffix(".yaml") || name.hasSuffix(".yml"))
    }

    private mutating func trackedPaths() async -> [String]? {
        let git = Subprocess(
            "git", ["-C", self.facts.folder, "ls-files", "-z"], environment: self.environment)
        do throws(Subprocess.Failure) {
            let output = try await git.output(within: Self.limit, keep: 16 << 20)
            if output.exit == .exited(0), !output.isCut {
                return output.stdout.split(separator: "\0").map(String.init)
            }
            let reason =
                output.isCut ? "there are too many" : output.stderr.split(separator: "\n").first.map(String.init)
            self.facts.notChecked.append("secrets in tracked files: git says: \(reason ?? "nothing")")
        } catch {
            self.facts.notChecked.append("secrets in tracked files: \(error)")
        }
        return nil
    }
}
