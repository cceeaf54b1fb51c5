import Glibc

/// The compose file that is meant when nobody names one: ours, or else the one that Compose itself would take, of the
/// current folder.
public func composeFileInUse() -> String {
    // Compose's own names, in its own order.
    let names = [
        "docker-compose.dev.yml", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
    ]
    return names.first { access($0, F_OK) == 0 } ?? names[0]
}
