import EventLoop
import Glibc
import Support

// Before any other thread exists: a watchdog that is told to stop finishes its action first.
Loop.block(signals: [SIGTERM, SIGINT])
signal(SIGPIPE, SIG_IGN)

let arguments = Array(CommandLine.arguments.dropFirst())
exit(Loop.run { await Command.run(arguments, environment: processEnvironment()).rawValue })
