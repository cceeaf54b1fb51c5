import EventLoop
import FoundationEssentials
import Support
import Testing

@testable import Parity

@Suite("Image layers")
struct ImageLayersTests {
    init() { Loop.startThread() }

    private static let key = "-----BEGIN " + "PRIVATE KEY-----\n" + String(repeating: "MIIEvQIBADANBgkqhkiG", count: 3)
    private static let long = "srv/" + String(repeating: "folder/", count: 30) + "key.pem"

    /// `docker save` of an image with two layers.
    private static let image = tar([
        ("abc/layer.tar", layers[0]), ("abc.json", Array("{}".utf8)), ("def/layer.tar", layers[1]),
        ("manifest.json", Array("[]".utf8)),
    ])
    private static let layers = [
        tar([
            ("usr/share/doc/key.pem", key), ("srv/key.pem", key), ("srv/notes.txt", "nothing here"),
            (long, key), ("app/.env", "A=1"), ("app/.env.example", "A="),
        ]),
        tar([("./etc/app.conf", "API_KEY=\(BrokenProject.secret)\n"), ("srv/.wh.key.pem", "")]),
    ]
    private static let expected = [
        "srv/key.pem: this looks like a private key", "\(long): this looks like a private key",
        "app/.env: settings", "etc/app.conf: this looks like the value of API_KEY",
    ]

    private static func found(_ bytes: [UInt8], in pieces: Int) -> ImageLayers {
        var layers = ImageLayers()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { layers.read($0) }
        }
        return layers
    }

    @Test(
        "secrets are found in files of every layer, also where a later one takes the file away; what packages bring is none",
        arguments: [1, 7, 512, 4_096, 1 << 20])
    func secrets(pieces: Int) {
        let layers = Self.found(Self.image, in: pieces)
        #expect(layers.hasSeenLayer && layers.unread.isEmpty)
        #expect(layers.found == Self.expected)
    }

    /// As the program of that name packs it.
    @Loop private static func gzip(_ bytes: [UInt8]) async throws -> [UInt8] {
        let folder = try TemporaryFolder(["layer": ""])
        try Data(bytes).write(to: URL(filePath: "\(folder.path)/layer"))
        let output = try await Subprocess("gzip", ["\(folder.path)/layer"]).output(within: .seconds(60))
        try #require(output.exit == .exited(0), "\(output.stderr)")
        return try Array(Data(contentsOf: URL(filePath: "\(folder.path)/layer.gz")))
    }

    @Test("layers that are packed with gzip are read as plain ones are", arguments: [1, 700, 1 << 20])
    @Loop func packed(pieces: Int) async throws {
        // Two of them in a row are one, and what is left of a layer is more than is unpacked in one go.
        let rest = tar([("srv/data", String(repeating: "0123456789", count: 50_000))])
        let first = try await Self.gzip(Array(Self.layers[0].prefix(3_000)))
        let second = try await Self.gzip(Array(Self.layers[0].dropFirst(3_000)) + rest)
        let image = tar([
            ("blobs/sha256/a", first + second), ("blobs/sha256/b", Array(#"{"schemaVersion":2}"#.utf8)),
            ("blobs/sha256/c", try await Self.gzip(Self.layers[1])), ("oci-layout", Array("{}".utf8)),
        ])
        let layers = Self.found(image, in: pieces)
        #expect(layers.hasSeenLayer && layers.unread.isEmpty)
        #expect(layers.found == Self.expected)
    }

    @Test("layers that can't be read are counted by what they are, and not taken for empty ones")
    @Loop func unread() async throws {
        var damaged = try await Self.gzip(Self.layers[0])
        for place in 20..<60 { damaged[place] ^= 0x55 }
        let image = tar([
            ("blobs/sha256/a", [0x1F, 0x8B] + [UInt8](repeating: 7, count: 2_000)), ("blobs/sha256/b", damaged),
            ("blobs/sha256/c", [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 0, count: 100)),
            ("blobs/sha256/d", try await Self.gzip([UInt8](repeating: 1, count: 600))),
            ("blobs/sha256/e", Array(try await Self.gzip(Self.layers[0]).dropLast(20))),
            ("x/layer.tar", [UInt8](repeating: 1, count: 600)),
        ])
        let layers = Self.found(image, in: 100)
        #expect(layers.unread["packed with zstd"] == 1 && layers.unread["no tar"] == 1, "\(layers.unread)")
        #expect((layers.unread["a damaged gzip"] ?? 0) == 4, "\(layers.unread)")
    }

    @Test("damaged archives do no harm", arguments: UInt64(0)..<50)
    func damage(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next() -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random >> 33)
        }
        var bytes = Self.image
        for _ in 0..<20 { bytes[next() % bytes.count] = UInt8(next() & 0xFF) }
        bytes.removeLast(next() % bytes.count)
        #expect(Self.found(bytes, in: 1 + next() % 3_000).found.count <= 20)
    }
}

private func tar(_ files: [(String, String)]) -> [UInt8] { tar(files.map { ($0, Array($1.utf8)) }) }

/// As `tar --format=gnu` makes it.
private func tar(_ files: [(String, [UInt8])]) -> [UInt8] {
    func entry(_ name: String, _ type: Character, _ content: [UInt8]) -> [UInt8] {
        var head = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            head.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(String(name.prefix(100)), at: 0)
        let size = String(content.count, radix: 8)
        put(String(repeating: "0", count: 11 - size.count) + size, at: 124)
        put(String(type), at: 156)
        put("ustar  ", at: 257)
        return head + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return files.flatMap { name, content in
        (name.utf8.count > 100 ? entry("././@LongLink", "L", Array(name.utf8) + [0]) : []) + entry(name, "0", content)
    } + [UInt8](repeating: 0, count: 1_024)
}
