import Backgammon

extension WinKind {
    /// Its name in `docs/protocol.md`.
    var name: String {
        switch self {
        case .plain: "single"
        case .gammon: "gammon"
        case .backgammon: "backgammon"
        }
    }
}
