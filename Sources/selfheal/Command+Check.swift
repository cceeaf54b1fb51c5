import Compose
import Docker
import Glibc
import Parity
import Watchdog

extension Command {
    static func check(_ words: [String], _ environment: [String: String]) async -> ExitCode {
        if let word = words.first(where: { !["--json", "--sarif"].contains($0) }) {
            return self.refuse("check knows no \(word)")
        }
        if words.count > 1 { return self.refuse("check writes one format: --json or --sarif") }
        self.endOnSignal()
        do throws(WatchError) {
            let settings = try WatchSettings(environment: environment)
            let engine: Result<Engine, EngineError>
            do throws(EngineError) { engine = .success(try Engine.fromEnvironment(environment)) } catch {
                engine = .failure(error)
            }
            let report: Report
            do throws(ComposeError) {
                report = try await Report.reading(
                    composeFiles: settings.composeFiles, journal: settings.logFile, engine: engine,
                    environment: environment)
            } catch { throw WatchError(.composeFileUnusable, "\(error)") }
            switch words.first {
            case "--json": self.put(report.json)
            case "--sarif": self.put(report.sarif(version: self.version))
            default:
                let isColoured = isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
                // Paths lead there from where the person is.
                let folder = settings.composeFiles.first.contains("/") ? settings.composeFiles.folder + "/" : ""
                self.put(report.text(prefix: folder, isColoured: isColoured))
            }
            return report.hasErrors ? .notWell : .well
        } catch {
            return self.fail(error)
        }
    }
}
