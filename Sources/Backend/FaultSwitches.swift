#if FAULT_INJECTION
    import EventLoop
    import Glibc
    import Support
    import Web

    /// Ways to break this program on purpose. Only in test images: the shipped program is built without.
    @Loop
    final class FaultSwitches {
        /// `FAULT_AT_START`.
        private enum AtStart: String {
            /// Ends with status 1 at once.
            case exit
            /// Is never healthy.
            case sick
        }

        /// Each switch answers first, and throws itself when the answer has had time to leave.
        private static nonisolated let delay = Duration.milliseconds(50)

        private let health: Health
        /// Set as soon as there is a server.
        var server: HTTPServer?

        init(_ health: Health) {
            self.health = health
            switch processEnvironment()["FAULT_AT_START"].flatMap({ AtStart(rawValue: $0) }) {
            case .exit: Glibc.exit(1)
            case .sick: health.isSick = true
            case nil: break
            }
        }

        func addRoutes(to router: inout Router) {
            self.add("/fault/spin", to: &router) { _ in
                while true {}
            }
            self.add("/fault/hang", to: &router) { _ in self.server?.isHanging = true }
            self.add("/fault/sick", to: &router) { _ in self.health.isSick = true }
            self.add("/fault/close", to: &router) { _ in self.server?.closeListener() }
            self.add("/fault/slow", to: &router) { request in
                self.server?.slowness = .milliseconds(request.query["ms"].flatMap { Int($0) } ?? 3_000)
            }
            self.add("/fault/segfault", to: &router) { _ in
                // A signal that somebody sends would not do: the first process of a container is spared those.
                UnsafeMutablePointer<UInt8>(bitPattern: 1)?.pointee = 1
            }
            self.add("/fault/deadlock", to: &router) { _ in Self.deadlock() }
            self.add("/fault/leak", to: &router) { _ in self.leak() }
            self.add("/fault/exit", to: &router) { request in
                let code = request.query["code"].flatMap { Int32($0) }
                Glibc.exit(code ?? 1)
            }
        }

        /// A lock without the kernel's look for circles, which `Mutex` asks for and ends the program by.
        private final class PlainLock: Sendable {
            // Never freed, and touched by pthread's functions alone, which may be called from any thread.
            private nonisolated(unsafe) let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

            init() { pthread_mutex_init(self.lock, nil) }

            func take() { pthread_mutex_lock(self.lock) }
        }

        /// Two threads, each with the lock that the other one wants; this is one of them.
        private static func deadlock() {
            let (one, other) = (PlainLock(), PlainLock())
            let thread = SerialThread(bound: 1)
            _ = thread.submit {
                other.take()
                usleep(100_000)
                one.take()
            }
            one.take()
            usleep(200_000)
            other.take()
        }

        private var leaked: [[UInt8]] = []

        /// Takes 4 MiB more every 50 ms.
        private func leak() {
            self.leaked.append([UInt8](repeating: 1, count: 4 << 20))
            Loop.after(.milliseconds(50)) { self.leak() }
        }

        private func add(
            _ path: String, to router: inout Router, _ fault: @escaping @Loop (HTTPRequest) -> Void
        ) {
            router.on("POST", path) { request in
                Loop.after(Self.delay) { fault(request) }
                return .json(["fault": .string(path)], status: 202)
            }
        }
    }
#endif
