import EventLoop
import Glibc
import Support

// Whoever starts us may have closed one of them; what is opened first would take its number, and our complaints.
for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }

// Before any other thread exists: a watchdog that is told to stop finishes its action first.
Loop.block(signals: Command.endSignals)
signal(SIGPIPE, SIG_IGN)

let arguments = Array(CommandLine.arguments.dropFirst())
exit(Loop.run { await Command.run(arguments, environment: processEnvironment()).rawValue })
