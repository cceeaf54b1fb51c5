import EventLoop
import Support

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
