import EventLoop
import Glibc
import Support

private let stopSignals = [SIGINT, SIGTERM]

/// To be called before ``runPlayers(_:)``, before there are other threads.
public func blockStopSignals() { Loop.block(signals: stopSignals) }

/// The program `players`: reads `arguments`, plays, says what came of it on stdout and how it goes on stderr, and returns
/// the exit status.
@Loop public func runPlayers(_ arguments: [String]) async -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") {
        print(Options.help, terminator: "")
        return 0
    }
    let options: Options
    do throws(Options.Fault) {
        options = try Options(arguments)
    } catch {
        complain("\(error.text); see players --help", as: "players")
        return 2
    }
    let run = Run(options)
    var isStopped = false
    Loop.onSignal(stopSignals) { signal in
        if isStopped { exit(128 + signal) }
        isStopped = true
        complain("these matches are the last ones; the same signal again ends at once", as: "players")
        run.stop()
    }
    let progress = Task { @Loop in await tellProgress(of: run) }
    let report = await run.run()
    progress.cancel()
    print(options.isJSON ? report.json.text : report.text)
    return report.isWell ? 0 : 1
}

@Loop private func tellProgress(of run: Run) async {
    let began = Loop.now
    while (try? await Loop.sleep(for: .seconds(2))) != nil {
        let figures = run.figures
        complain(
            "\(began.duration(to: Loop.now).components.seconds) s: \(figures.acknowledged) commands acknowledged,"
                + " \(figures.gamesOver) of \(figures.gamesBegun) games over,"
                + " \(figures.connectionsLost) connections lost", as: "players")
    }
}
