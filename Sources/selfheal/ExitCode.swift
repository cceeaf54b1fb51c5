import Redeploy
import Render
import Watchdog

/// What a script can tell apart. Documented in the README; never renumbered.
enum ExitCode: Int32 {
    case well = 0
    case notWell = 1
    /// Wrong arguments or malformed settings.
    case usage = 2
    case alreadyRunning = 3
    case engineMissing = 4
    case composeFileUnusable = 5
    case unknownService = 6
    case logFileUnusable = 7
    case probeImpossible = 8
    /// A command needs a running watchdog, and there is none, or none that can be spoken to.
    case watchdogMissing = 9

    // How a deploy ended; 0 is deployed and verified.
    case deployFailedUntouched = 10
    case deployRolledBack = 11
    case rollbackFailed = 12
    case nothingToDeploy = 13
    case deployLocked = 14
    case deployMisconfigured = 15

    /// A guard forbids what an operator asked for.
    case refused = 16

    // Why a command about Render came to no verdict.
    case blueprintUnusable = 30
    case rehearsalImpossible = 31
    case renderUnreachable = 32
    case renderNotFound = 33
    case renderDeadline = 34

    // Why a drill came to no verdict.
    case drillImpossible = 50
    case drillInterrupted = 51

    init(_ error: RenderError) {
        self =
            switch error.code {
            case .blueprint: .blueprintUnusable
            // An interruption ends the program by its signal before this is asked.
            case .rehearsal, .interrupted: .rehearsalImpossible
            case .api: .renderUnreachable
            case .notFound: .renderNotFound
            case .deadline: .renderDeadline
            }
    }

    init(_ error: WatchError) {
        self =
            switch error.code {
            case .malformedSettings: .usage
            case .alreadyRunning: .alreadyRunning
            case .engineMissing: .engineMissing
            case .composeFileUnusable: .composeFileUnusable
            case .unknownService: .unknownService
            case .logFileUnusable: .logFileUnusable
            case .probeImpossible: .probeImpossible
            case .watchdogMissing, .controlUnusable: .watchdogMissing
            }
    }

    init(_ outcome: DeployOutcome) {
        self =
            switch outcome {
            case .deployed: .well
            case .failedUntouched: .deployFailedUntouched
            case .rolledBack: .deployRolledBack
            case .rollbackFailed: .rollbackFailed
            case .nothingToDo: .nothingToDeploy
            case .locked: .deployLocked
            case .misconfigured: .deployMisconfigured
            }
    }
}
