import Foundation
import Testing

/// The ways in which a project is broken.
enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case frozen = "app frozen"
    case spinning = "app event loop spinning"
    case hanging = "app accepts, never answers"
    case sick = "app answers 503, db well"
    case killed = "app killed"
    case exitsWell = "app exits 0"
    case exitsBadly = "app exits 1"
    case databaseKilled = "db killed"
    case databaseFrozen = "db main process frozen"
    case databaseFrozenWhole = "db frozen, every process"

    var testDescription: String { self.rawValue }

    /// The service that is to be healed.
    var service: String {
        switch self {
        case .databaseKilled, .databaseFrozen, .databaseFrozenWhole: "db"
        default: "app"
        }
    }

    /// The journal's word for what brings it back.
    var remedy: String {
        switch self {
        case .killed, .exitsWell, .exitsBadly, .databaseKilled: "restarted_by_engine"
        default: "action"
        }
    }

    /// What stops serving: the switch for 503 breaks the health that Docker and the watchdog ask for.
    var path: String { self == .sick ? "/health/internal" : "/health" }

    func inject(into project: LiveProject) async throws {
        switch self {
        case .frozen: try await project.signal("app", SIGSTOP)
        case .spinning: try await project.throwSwitch("spin")
        case .hanging: try await project.throwSwitch("hang")
        case .sick: try await project.throwSwitch("sick")
        case .killed: try await project.signal("app", SIGKILL)
        case .exitsWell: try await project.throwSwitch("exit?code=0")
        case .exitsBadly: try await project.throwSwitch("exit?code=1")
        case .databaseKilled: try await project.signal("db", SIGKILL)
        case .databaseFrozen: try await project.signal("db", SIGSTOP)
        case .databaseFrozenWhole:
            let processes = try await project.docker("top", project.name(of: "db"), "-eo", "pid")
            for pid in processes.split(separator: "\n").compactMap({ pid_t($0.filter(\.isNumber)) }) where pid > 1 {
                kill(pid, SIGSTOP)
            }
        }
    }
}

extension LiveProject {
    /// Throws a switch of the test image.
    func throwSwitch(_ name: String) async throws {
        let status = await ask("/fault/\(name)", port: self.port, method: "POST")
        guard status == 202 else {
            throw Trouble("POST /fault/\(name) answered \(status.map(String.init) ?? "nothing")")
        }
    }
}

/// How long rows run: cut short as issue 3 allows in CI, whole with `LIVE_FULL=1`.
let isFullLength = ProcessInfo.processInfo.environment["LIVE_FULL"] == "1"
