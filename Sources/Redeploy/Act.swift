/// One step of a deploy or of its undoing. Each can be done again after it was interrupted at any point. Numbers are those
/// of ``Transaction/units``.
public enum Act: Hashable, Sendable, Codable {
    /// Tags the images that run, so that they outlast re-tagging and pruning.
    case pin
    /// Builds every image, or for a rollback lets the images' names stand for pinned ones; and finds out which containers
    /// change.
    case build
    /// Brings the service's data up to date with a container of its new image, while the old version serves.
    case migrate(String)
    /// Makes the new container without starting it.
    case prepare(Int)
    /// Tries the new version out of sight, and removes that container.
    case rehearse(Int)
    /// Gives the name of the old container to the new one, and stops the old one. Where there can be only one of them it
    /// starts the new one at once, as nothing serves until then.
    case retire(Int)
    /// Starts the new container beside the old one.
    case bring(Int)
    /// Lets Compose make or start it.
    case launch(Int)
    /// Waits until the unit has proved itself.
    case gate(Int)
    /// `docker compose ps`.
    case show
    /// The internal health call, headers shown, and the version that answers outside.
    case verify
    /// Watches for a while.
    case probation
    /// Reads what runs once more and compares it with what was to be.
    case reread
    /// Past this there is no undoing.
    case commit
    /// Removes the old container.
    case discard(Int)
    /// Lets Compose bring up what else is missing, such as a further replica.
    case settle

    /// Puts the old container back and removes the new one.
    case undo(Int)
    /// Lets the images' names stand for what they stood for before.
    case restoreTags
    /// Reads what runs after the undoing and compares it with what ran before.
    case rereadOld

    /// The name of the step, for people and scripts.
    public var step: String {
        switch self {
        case .pin: "pin"
        case .build: "build"
        case .migrate: "migrate"
        case .prepare, .rehearse, .retire, .bring, .launch, .settle: "up"
        case .gate: "gate"
        case .show: "ps"
        case .verify: "verify"
        case .probation: "probation"
        case .reread: "reread"
        case .commit, .discard: "commit"
        case .undo, .restoreTags, .rereadOld: "undo"
        }
    }
}

extension Act {
    /// The number of the unit it is about.
    var unit: Int? {
        switch self {
        case .prepare(let unit), .rehearse(let unit), .retire(let unit), .bring(let unit), .launch(let unit),
            .gate(let unit), .discard(let unit), .undo(let unit):
            unit
        case .pin, .build, .migrate, .show, .verify, .probation, .reread, .commit, .settle, .restoreTags, .rereadOld:
            nil
        }
    }

    /// The number of the unit whose serving container it stops, renames or starts. What only makes or tries a new one
    /// beside it touches nothing.
    var touched: Int? {
        switch self {
        case .retire(let unit), .launch(let unit): unit
        default: nil
        }
    }
}
