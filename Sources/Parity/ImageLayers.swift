/// Looks for secrets in the files of an image's layers, also those that a later layer takes away again: whoever has the
/// image has all its layers.
///
/// Takes what `docker save` writes: a tar of tars, as it comes.
struct ImageLayers {
    /// What was found, such as `a private key in srv/key.pem`, each once. Never a value.
    private(set) var found: [String] = []
    /// Whether there was a layer whose files could be seen.
    private(set) var hasSeenLayer = false

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

    private var archive = TarReader()
    /// Reads the entry of the archive that comes now as a layer; nil where it is none.
    private var layer: TarReader?
    private var file: (path: String, text: [UInt8])?

    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        // Taken out meanwhile, so that what it hands on can be taken in.
        var archive = TarReader()
        swap(&archive, &self.archive)
        archive.read(bytes) { piece in
            switch piece {
            // Layers are called `ID/layer.tar`, or by their digest as all else in newer engines.
            case .begin(let path, _): self.layer = path.hasSuffix(".json") ? nil : TarReader()
            case .bytes(let bytes): self.readLayer(bytes)
            case .end: self.layer = nil
            }
        }
        self.archive = archive
    }

    private mutating func readLayer(_ bytes: UnsafeRawBufferPointer) {
        guard var layer = self.layer else { return }
        self.layer = nil
        layer.read(bytes) { self.take($0) }
        self.layer = layer
    }

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
