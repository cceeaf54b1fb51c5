import CPostgres

/// Where the database is and who we are there: libpq's connection parameters.
public struct PostgresConfiguration: Sendable, Hashable {
    /// Keywords and values as libpq knows them (PostgreSQL 15 manual, 34.1.2).
    private(set) var parameters: [String: String]

    /// From the parts that are usually in `PGHOST`, `PGPORT` and so on. A host that begins with `/` is the directory
    /// of a unix socket.
    public init(host: String, port: Int = 5432, user: String, password: String?, database: String) {
        self.parameters = ["host": host, "port": String(port), "user": user, "dbname": database]
        self.parameters["password"] = password
    }

    /// From a URL, `postgresql://user:password@host:5432/database?sslmode=require`.
    ///
    /// - Throws: ``PostgresError/Code/malformedConfiguration``, without libpq's message, which would quote the URL.
    public init(url: String) throws(PostgresError) {
        let isURL = url.hasPrefix("postgresql://") || url.hasPrefix("postgres://")
        guard isURL, let options = PQconninfoParse(url, nil) else {
            throw PostgresError(code: .malformedConfiguration, message: "is not a postgresql:// URL")
        }
        defer { PQconninfoFree(options) }
        self.parameters = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { self.parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        if let fault = self.fault { throw PostgresError(code: .malformedConfiguration, message: fault) }
    }

    /// What libpq takes for now and would refuse, or look up, at each connection.
    private var fault: String? {
        // A list may leave out the port of a host.
        let ports = Self.list(self.parameters["port"]).filter { !$0.isEmpty }
        guard ports.allSatisfy({ Int($0).map { (1...65535).contains($0) } ?? false }) else {
            return "has a port that is not a number from 1 to 65535"
        }
        guard self.parameters["host"] != nil || self.parameters["hostaddr"] != nil else { return "names no host" }
        // An unescaped @ in a password makes the rest of the password part of the host, and errors name the host.
        guard Self.list(self.parameters["host"]).allSatisfy(Self.isHost) else {
            return "has a host that is no host name; special characters in the password must be escaped (@ is %40)"
        }
        for (keyword, words) in Self.words {
            if let value = self.parameters[keyword], !words.contains(value) {
                return "has a value of \(keyword) that is none of \(words.joined(separator: ", "))"
            }
        }
        return nil
    }

    /// Parameters whose values are words of a list.
    private static let words = [
        ("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
        ("channel_binding", ["disable", "prefer", "require"]),
        (
            "target_session_attrs",
            ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
        ),
    ]

    /// The directory of a unix socket, an address, or what may be a host name.
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("/") { return !host.contains("@") }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._:%".utf8.contains(byte)
                }
            }
    }

    /// The elements of a parameter that may name several, empty ones included.
    private static func list(_ value: String?) -> [String] {
        (value ?? "").split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    /// The same database, with a `statement_timeout` of its own for each connection: what runs longer is ended by the
    /// server, even when we are gone.
    public func limitingStatements(to limit: Duration) -> PostgresConfiguration {
        var copy = self
        copy.addOption("statement_timeout", limit)
        return copy
    }

    /// The same database; a transaction in which nothing happens for longer than `limit` is undone by the server, so
    /// that a program which stands still does not hold locks for ever.
    func limitingIdleTransactions(to limit: Duration) -> PostgresConfiguration {
        var copy = self
        copy.addOption("idle_in_transaction_session_timeout", limit)
        return copy
    }

    /// The same database; a commit that was answered survives the server's crash, whatever the server's own settings say.
    func committingDurably() -> PostgresConfiguration {
        var copy = self
        copy.addOption("synchronous_commit", "on")
        return copy
    }

    private mutating func addOption(_ name: String, _ limit: Duration) {
        let (seconds, attoseconds) = limit.components
        self.addOption(name, String(seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }

    private mutating func addOption(_ name: String, _ value: String) {
        let option = "-c \(name)=\(value)"
        self.parameters["options"] = [self.parameters["options"], option].compactMap { $0 }.joined(separator: " ")
    }

    /// Hosts and ports to look up, in order; empty when there is nothing to look up.
    var endpoints: [(host: String, port: String)] {
        guard self.parameters["hostaddr"] == nil, let host = self.parameters["host"] else { return [] }
        let hosts = Self.list(host)
        guard !hosts.contains(where: { $0.hasPrefix("/") || $0.hasPrefix("@") }) else { return [] }
        let ports = Self.list(self.parameters["port"])
        return hosts.enumerated().map { index, host in
            // One port is that of all hosts; an empty one is the usual.
            let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
            return (host, port.isEmpty ? "5432" : port)
        }
    }

    /// The same database at addresses that need no look-up. libpq would look names up itself and block meanwhile.
    func resolved(to addresses: [(host: String, port: String, address: String)]) -> PostgresConfiguration {
        var copy = self
        copy.parameters["host"] = addresses.map(\.host).joined(separator: ",")
        copy.parameters["hostaddr"] = addresses.map(\.address).joined(separator: ",")
        copy.parameters["port"] = addresses.map(\.port).joined(separator: ",")
        return copy
    }

    /// What is passed on to libpq.
    var effectiveParameters: [String: String] {
        var all = self.parameters
        all["application_name"] = all["application_name"] ?? "gammonguru"
        all["client_encoding"] = "UTF8"
        // Kerberos would look up names and read credential caches, blocking.
        all["gssencmode"] = all["gssencmode"] ?? "disable"
        // The kernel asks a silent peer whether it is still there: after 30 s, then each 10 s, three times.
        all["keepalives_idle"] = all["keepalives_idle"] ?? "30"
        all["keepalives_interval"] = all["keepalives_interval"] ?? "10"
        all["keepalives_count"] = all["keepalives_count"] ?? "3"
        return all
    }

    /// `message` on one line, the password in it (it should not be) replaced.
    func scrubbed(_ message: String) -> String {
        var text = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        if let password = self.parameters["password"], !password.isEmpty {
            text = text.replacing(password, with: "***")
        }
        return String(text.prefix(300))
    }
}
