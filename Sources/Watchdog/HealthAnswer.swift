import FoundationEssentials

/// Which parts a health answer calls down: `{"app":"ok","db":"down"}` names `db`.
enum HealthAnswer {
    /// The names whose value says that they are down, sorted. An answer that is no such JSON names nothing.
    static func sick(in body: String) -> [String] {
        let parts = try? JSONDecoder().decode([String: Part].self, from: Data(body.utf8))
        return (parts ?? [:]).filter { $0.key != "status" && $0.value.isDown }.map(\.key).sorted()
    }

    private struct Part: Decodable {
        let isDown: Bool

        init(from decoder: any Decoder) {
            let text = try? decoder.singleValueContainer().decode(String.self)
            self.isDown = ["down", "fail", "error", "unhealthy"].contains(text?.lowercased())
        }
    }
}
