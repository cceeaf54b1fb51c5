import FoundationEssentials
import Support

/// Which parts a health answer calls down: `{"app":"ok","db":"down"}` names `db`.
enum HealthAnswer {
    /// Of how many, and of how many letters each, something is kept: any service may answer anything.
    private static let namesMax = 16
    private static let nameMax = 64

    /// The names whose value says that they are down, sorted. An answer that is no such JSON names nothing.
    ///
    /// They are shown and kept, so they are made fit for that: short, printable, without what looks like a secret.
    static func sick(in body: String) -> [String] {
        let parts = try? JSONDecoder().decode([String: Part].self, from: Data(body.utf8))
        let names = (parts ?? [:]).filter { $0.key != "status" && $0.value.isDown }.map(\.key).sorted()
        return names.prefix(self.namesMax).map(self.fit)
    }

    private static func fit(_ name: String) -> String {
        let isPlain = name.utf8.count <= self.nameMax && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
        if isPlain, !Redactor.isSecret(name: name) { return name }
        return String(Redactor().redact(name).unicodeScalars.prefix(self.nameMax)).printable
    }

    private struct Part: Decodable {
        let isDown: Bool

        init(from decoder: any Decoder) {
            let text = try? decoder.singleValueContainer().decode(String.self)
            self.isDown = ["down", "fail", "error", "unhealthy"].contains(text?.lowercased())
        }
    }
}
