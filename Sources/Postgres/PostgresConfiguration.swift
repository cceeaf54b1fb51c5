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
        let ports = (self.parameters["port"] ?? "").split(separator: ",")
        guard ports.allSatisfy({ Int($0).map { (1...65535).contains($0) } ?? false }) else {
            throw PostgresError(
                code: .malformedConfiguration, message: "has a port that is not a number from 1 to 65535")
        }
        guard self.parameters["host"] != nil || self.parameters["hostaddr"] != nil else {
            throw PostgresError(code: .malformedConfiguration, message: "names no host")
        }
    }

    /// The same database, with a `statement_timeout` of its own for each connection: what runs longer is ended by the
    /// server, even when we are gone.
    public func limitingStatements(to limit: Duration) -> PostgresConfiguration {
        var copy = self
        let (seconds, attoseconds) = limit.components
        let option = "-c statement_timeout=\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)"
        copy.parameters["options"] = [self.parameters["options"], option].compactMap { $0 }.joined(separator: " ")
        return copy
    }

    /// Hosts and ports to look up, in order; empty when there is nothing to look up.
    var endpoints: [(host: String, port: String)] {
        guard self.parameters["hostaddr"] == nil, let host = self.parameters["host"] else { return [] }
        let hosts = host.split(separator: ",").map { String($0) }
        guard !hosts.contains(where: { $0.hasPrefix("/") || $0.hasPrefix("@") }) else { return [] }
        let ports = (self.parameters["port"] ?? "5432").split(separator: ",").map { String($0) }
        return hosts.enumerated().map { index, host in
            (host, index < ports.count ? ports[index] : ports.first ?? "5432")
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
