/// Looks for secrets in the files of an image's layers, also those that a later layer takes away again: whoever has the
/// image has all its layers.
///
/// Takes what `docker save` writes: a tar of tars, as it comes; newer engines pack the inner ones.
struct ImageLayers {
    /// What was found, such as `a private key in srv/key.pem`, each once. Never a value.
    private(set) var found: [String] = []
    /// Whether there was a layer whose files could be seen.
    private(set) var hasSeenLayer = false
    /// How many layers could not be read, by what they are.
    private(set) var unread: [String: Int] = [:]

    /// Larger files are programs and data.
    private static let fileLimit = 64 << 10
    /// What a package or a base image puts there is no secret of the project's.
    private static let foreign = [
        "bin/", "boot/", "dev/", "etc/ssl/", "lib/", "lib32/", "lib64/", "libx32/", "proc/", "run/", "sbin/", "sys/",
        "usr/bin/", "usr/include/", "usr/lib/", "usr/lib32/", "usr/lib64/", "usr/libexec/", "usr/libx32/", "usr/sbin/",
        "usr/share/", "var/cache/", "var/lib/apt/", "var/lib/dpkg/",
    ]
    private static let foreignFolders = ["/node_modules/", "/site-packages/", "/dist-packages/"]
    private static let limit = 20

    /// What the entry of the archive that comes now is taken for.
    private enum Entry {
        case other
        /// It may be a layer, which shows in its first bytes. They are kept until there are enough.
        case begun([UInt8])
        case plain
        case packed(Gunzip)
    }

    private var archive = TarReader()
    private var entry = Entry.other
    /// Reads the files of a layer.
    private var layer = TarReader()
    private var file: (path: String, text: [UInt8])?

    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        // Taken out meanwhile, so that what it hands on can be taken in.
        var archive = TarReader()
        swap(&archive, &self.archive)
        archive.read(bytes) { piece in
            switch piece {
            case .begin(let path, _): self.begin(path)
            case .bytes(let bytes): self.readEntry(bytes)
            case .end: self.end()
            }
        }
        self.archive = archive
    }

    // MARK: The entries of the archive

    private mutating func begin(_ path: String) {
        // Layers are called `ID/layer.tar`, or by their digest as all else in newer engines.
        let mayBeLayer = path.hasSuffix("/layer.tar") || path.hasPrefix("blobs/")
        self.entry = mayBeLayer ? .begun([]) : .other
        self.layer = TarReader()
        self.file = nil
    }

    private mutating func readEntry(_ bytes: UnsafeRawBufferPointer) {
        switch self.entry {
        case .other: break
        case .begun(let before):
            let head = before + bytes
            guard head.count >= 4 else { return self.entry = .begun(head) }
            self.entry = self.kind(of: head)
            head.withUnsafeBytes { self.readEntry($0) }
        case .plain: self.readLayer(bytes)
        case .packed(let gunzip): gunzip.read(bytes) { self.readLayer($0) }
        }
    }

    /// - Parameter head: at least its first four bytes.
    private mutating func kind(of head: [UInt8]) -> Entry {
        switch head[0] {
        // The documents of an image are blobs too.
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .other
        case 0x1F where head[1] == 0x8B: return .packed(Gunzip())
        case 0x28 where head[1...3].elementsEqual([0xB5, 0x2F, 0xFD]):
            self.unread["packed with zstd", default: 0] += 1
            return .other
        default: return .plain
        }
    }

    private mutating func end() {
        switch self.entry {
        case .other, .begun: break
        case .plain where self.layer.isForeign: self.unread["no tar", default: 0] += 1
        case .packed(let gunzip) where gunzip.isBroken || !gunzip.isComplete || self.layer.isForeign:
            self.unread["a damaged gzip", default: 0] += 1
        case .plain, .packed: break
        }
        self.entry = .other
    }

    private mutating func readLayer(_ bytes: UnsafeRawBufferPointer) {
        var layer = TarReader()
        swap(&layer, &self.layer)
        layer.read(bytes) { self.take($0) }
        self.layer = layer
    }

    // MARK: The files of a layer

    private mutating func take(_ piece: TarReader.Piece) {
        switch piece {
        case .begin(let path, let size):
            self.hasSeenLayer = true
            self.file = size <= Self.fileLimit && !Self.isForeign(path) ? (path, []) : nil
        case .bytes(let bytes): self.file?.text += bytes
        case .end:
            if let file { self.look(file.path, file.text) }
            self.file = nil
        }
    }

    private static func isForeign(_ path: String) -> Bool {
        self.foreign.contains(where: path.hasPrefix) || self.foreignFolders.contains(where: "/\(path)".contains)
    }

    private mutating func look(_ path: String, _ text: [UInt8]) {
        guard self.found.count < Self.limit else { return }
        var kinds = Project.isEnvFile(path) && !text.isEmpty ? ["settings"] : []
        // Checksums and public keys of all kinds lie in images, so a guess is not enough.
        let findings = SecretScan.findings(path, String(decoding: text, as: UTF8.self), isReadElsewhere: false)
            .filter { !$0.what.hasSuffix(Secrets.guess) }
        kinds += findings.map(\.what)
        for what in kinds.prefix(1).map({ "\(path): \($0)" }) where !self.found.contains(what) {
            self.found.append(what)
        }
    }
}
