import CLinux
import Glibc

extension Subprocess {
    /// Starts the program with `posix_spawnp(3)`.
    ///
    /// It gets /dev/null as stdin, `outputs` as stdout and stderr (ours when empty), the lock as 3, no other
    /// descriptor, all signals unblocked and with their default effect, and with `outputs` a process group of its own.
    ///
    /// - Returns: 0 and its pid, or an error number.
    func spawn(outputs: [Int32]) -> (code: Int32, pid: pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (index, output) in outputs.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, output, Int32(index) + 1)
        }
        if let lock = self.lock { posix_spawn_file_actions_adddup2(&actions, lock.descriptor, 3) }
        linux_spawn_close_from(&actions, self.lock == nil ? 3 : 4)
        if let directory = self.directory { linux_spawn_chdir(&actions, directory) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if !outputs.isEmpty { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        var pid: pid_t = 0
        let code = withCStrings([self.program] + self.arguments) { arguments in
            guard let environment = self.environment else {
                return posix_spawnp(&pid, self.program, &actions, &attributes, arguments, environ)
            }
            return withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawnp(&pid, self.program, &actions, &attributes, arguments, variables)
            }
        }
        return (code, pid)
    }
}

/// Calls `body` with `strings` as a C array of C strings with a null at its end.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
