extension Engine {
    /// The engine that `DOCKER_HOST` names, or the one of this machine at `/var/run/docker.sock`.
    ///
    /// - Throws: ``EngineError/Code/unreachable`` when `DOCKER_HOST` is anything but `unix://` and an absolute path: an
    ///   engine on another machine has processes and network namespaces that we can't look into.
    public static nonisolated func fromEnvironment(_ environment: [String: String]) throws(EngineError) -> Engine {
        guard let host = environment["DOCKER_HOST"], !host.isEmpty else {
            return Engine(socketPath: "/var/run/docker.sock")
        }
        guard host.hasPrefix("unix:///") else {
            throw EngineError(.unreachable, "DOCKER_HOST is no unix:// socket; only an engine on this machine will do")
        }
        return Engine(socketPath: String(host.dropFirst("unix://".count)))
    }
}
