import Support
import Testing

@testable import Docker

struct ContainerFingerprintTests {
    private static let fresh = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))

    private func fingerprint(
        number: String = "1", mode: String = "good", volume: String = "data", anonymous: String = Self.fresh.0,
        network: String = "one"
    ) -> ContainerFingerprint {
        let mounts: [(String, String)] = [("/data", volume), ("/tmp", anonymous)]
        return ContainerFingerprint(
            of: [
                "Image": "sha256:1",
                "Config": [
                    "Env": [.string("MODE=\(mode)")], "Labels": ["number": .string(number), "other": "x"],
                ],
                "Mounts": .array(
                    mounts.map { path, name in
                        ["Type": "volume", "Name": .string(name), "Destination": .string(path), "RW": true]
                    }),
                "NetworkSettings": ["Networks": .object([.init(network, [:])])],
            ], salt: "salt")
    }

    @Test("tells by name what is otherwise")
    func differences() {
        let before = self.fingerprint()
        #expect(self.fingerprint().differences(from: before).isEmpty)
        let other = self.fingerprint(
            number: "2", mode: "bad", volume: "other", anonymous: Self.fresh.1, network: "two")
        #expect(
            other.differences(from: before) == [
                "variable MODE", "mount /data", "mount /tmp", "networks", "label number",
            ])
    }

    @Test("against its model only labels that are put right and volumes without a name may be otherwise")
    func exempt() {
        let model = self.fingerprint()
        func differences(_ other: ContainerFingerprint) -> [String] {
            other.differences(from: model, exceptLabels: ["number"])
        }
        #expect(differences(self.fingerprint(number: "2", anonymous: Self.fresh.1)).isEmpty)
        #expect(differences(self.fingerprint(volume: Self.fresh.1)) == ["mount /data"], "the model's has a name")
        #expect(differences(self.fingerprint(anonymous: "named")) == ["mount /tmp"])
        #expect(differences(self.fingerprint(mode: "bad", network: "two")) == ["variable MODE", "networks"])
        #expect(self.fingerprint().differences(from: model, exceptLabels: ["other"]).isEmpty)
    }
}
