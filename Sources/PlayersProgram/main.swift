import EventLoop
import Glibc
import Players

signal(SIGPIPE, SIG_IGN)
// Each player is a descriptor; many shells start programs with 1024.
var limit = rlimit()
if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
    limit.rlim_cur = min(limit.rlim_max, 65536)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
let arguments = Array(CommandLine.arguments.dropFirst())
exit(Loop.run { await runPlayers(arguments) })
