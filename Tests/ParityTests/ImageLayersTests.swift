import Testing

@testable import Parity

@Suite("Image layers")
struct ImageLayersTests {
    private static let key = "-----BEGIN " + "PRIVATE KEY-----\n" + String(repeating: "MIIEvQIBADANBgkqhkiG", count: 3)
    private static let long = "srv/" + String(repeating: "folder/", count: 30) + "key.pem"

    /// `docker save` of an image with two layers.
    private static let image: [UInt8] = {
        let first = tar([
            ("usr/share/doc/key.pem", key), ("srv/key.pem", key), ("srv/notes.txt", "nothing here"),
            (long, key), ("app/.env", "A=1"), ("app/.env.example", "A="),
        ])
        let second = tar([("./etc/app.conf", "API_KEY=\(BrokenProject.secret)\n"), ("srv/.wh.key.pem", "")])
        return tar([
            ("abc/layer.tar", first), ("abc.json", Array("{}".utf8)), ("def/layer.tar", second),
            ("manifest.json", Array("[]".utf8)),
        ])
    }()

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
        #expect(layers.hasSeenLayer)
        #expect(
            layers.found == [
                "srv/key.pem: this looks like a private key", "\(Self.long): this looks like a private key",
                "app/.env: settings", "etc/app.conf: this looks like the value of API_KEY",
            ])
    }

    @Test("layers in a form that can't be read are not taken for empty ones")
    func compressed() {
        let image = tar([("blobs/sha256/abc", [0x1F, 0x8B] + [UInt8](repeating: 7, count: 2_000))])
        #expect(!Self.found(image, in: 100).hasSeenLayer)
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
