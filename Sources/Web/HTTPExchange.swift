import EventLoop
import Support

/// One request and its answer on a connection.
@Loop
final class HTTPExchange {
    /// How far it has come. In this order; `answered` may come from each.
    enum Phase {
        /// The header is arriving.
        case head
        /// The body is arriving, or is known to be empty.
        case body
        /// The handler works.
        case handling
        /// The answer is known, but not with libmicrohttpd yet.
        case answered(HTTPResponse)
        /// The answer is with libmicrohttpd.
        case sending
    }

    let began = Loop.now
    /// As sent: path and query.
    let target: String
    /// Length of the target in bytes up to its first NUL, to find one that the client sent.
    let targetBytes: Int
    var phase = Phase.head
    var method = ""
    var headers = HeaderBlock()
    var body: [UInt8] = []
    /// Bytes of the body so far, those thrown away included.
    var bodyBytes = 0
    var id = ""
    var traits: Router.Traits = []
    /// What the connection becomes when the answer's header is out.
    var upgrade: WebSocketUpgrade?
    /// Of the answer; 0 while there is none.
    var status = 0
    /// A stopping server waits until this one is answered.
    var isWaitedFor = false
    /// libmicrohttpd has put the connection aside until the answer is there.
    var isSuspended = false

    init(target: String, targetBytes: Int) {
        self.target = target
        self.targetBytes = targetBytes
    }

    /// Puts a line about it into the log.
    func record(in log: Log, client: String) {
        let path = self.target.prefix { $0 != "?" }  // The query may carry what no log should.
        log.info(
            self.status == 0 ? "request broken off" : "request", .init("id", .string(self.id)),
            .init("method", .string(self.method)),
            .init("path", .string(String(path.prefix(200)))), .init("status", .integer(self.status)),
            .init("ms", .number(self.began.duration(to: Loop.now).milliseconds)),
            .init("client", .string(client)))
    }
}
