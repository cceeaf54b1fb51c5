public import Postgres
public import Support

/// Everything the backend is told through its environment, checked.
public struct BackendSettings: Sendable {
    /// `NODE_ENV`; the name is that of the platform this backend came from.
    public enum Environment: String, Sendable, CaseIterable {
        case development, test, production
    }

    /// A secret shorter than this can be guessed by trying (`HMAC-SHA-256` wants 32 bytes of key, RFC 7518, 3.2).
    static let secretBytesMin = 32

    public let environment: Environment
    /// `PORT`, 1 to 65535, default 3000.
    public let port: UInt16
    public let database: PostgresConfiguration
    public let accessTokenSecret: Secret
    public let refreshTokenSecret: Secret
    public let supabaseURL: String
    public let supabaseServiceKey: Secret
    /// `SUPABASE_JWT_SECRET`: what the project signs its users' access tokens with (HS256). With it they are taken too.
    public let supabaseJWTSecret: Secret?
    /// `CORS_ORIGINS`: the origins whose pages may use the API besides our own; none without it.
    let crossOrigin: CrossOrigin
    /// `TRUSTED_PROXIES`: whose word on a client's address is believed; nobody's without it.
    let trustedProxies: TrustedProxies
    /// `SHUTDOWN_SECONDS`: how long a stop waits for requests in progress, 1 to 60, default 5. Docker kills after 10.
    public let shutdownLimit: Duration
    /// `STALL_SECONDS`: how long one turn of the event loop may take before the process ends itself, 1 to 3600,
    /// default 10: longer than a watchdog needs, which heals with evidence.
    public let stallLimit: Duration
    /// `GIT_COMMIT`: what this was built from, when the image says it.
    public let commit: String?

    /// Reads all settings, and throws all that is wrong with them.
    public init(environment variables: [String: String]) throws(SettingsFaults) {
        var reader = SettingsReader(environment: variables)
        let environment = Self.readEnvironment(&reader)
        self.environment = environment
        self.port = Self.readPort(&reader)
        let database = Self.readDatabase(&reader)
        let access = reader.required("ACCESS_TOKEN_SECRET")
        let refresh = reader.required("REFRESH_TOKEN_SECRET")
        if environment == .production {
            let supabase = reader.optional("SUPABASE_JWT_SECRET") ?? ""
            for (name, secret) in [
                ("ACCESS_TOKEN_SECRET", access), ("REFRESH_TOKEN_SECRET", refresh), ("SUPABASE_JWT_SECRET", supabase),
            ] where !secret.isEmpty && secret.utf8.count < Self.secretBytesMin {
                reader.refuse(name, "is shorter than \(Self.secretBytesMin) bytes")
            }
        }
        if !access.isEmpty, access == refresh {
            reader.refuse("REFRESH_TOKEN_SECRET", "must differ from ACCESS_TOKEN_SECRET")
        }
        self.accessTokenSecret = Secret(access)
        self.refreshTokenSecret = Secret(refresh)
        self.supabaseURL = reader.required("SUPABASE_URL")
        if !self.supabaseURL.isEmpty, !Self.isWebURL(self.supabaseURL) {
            reader.refuse("SUPABASE_URL", "is not an http:// or https:// URL")
        }
        self.supabaseServiceKey = Secret(reader.required("SUPABASE_SERVICE_KEY"))
        self.supabaseJWTSecret = Self.readSupabaseJWTSecret(&reader, access: access)
        self.crossOrigin = Self.readCrossOrigin(&reader)
        self.trustedProxies = Self.readTrustedProxies(&reader)
        self.shutdownLimit = .seconds(reader.number("SHUTDOWN_SECONDS", default: 5, in: 1...60))
        self.stallLimit = .seconds(reader.number("STALL_SECONDS", default: 10, in: 1...3600))
        self.commit = reader.optional("GIT_COMMIT")
        guard reader.faults.isEmpty, let database else { throw SettingsFaults(reader.faults) }
        self.database = database
    }

    /// Where the database is, for a command that needs no more.
    public static func database(
        environment variables: [String: String]
    ) throws(SettingsFaults) -> PostgresConfiguration {
        var reader = SettingsReader(environment: variables)
        guard let database = Self.readDatabase(&reader) else { throw SettingsFaults(reader.faults) }
        return database
    }

    /// The port alone, for a command that needs no more.
    public static func port(environment variables: [String: String]) throws(SettingsFaults) -> UInt16 {
        var reader = SettingsReader(environment: variables)
        let port = Self.readPort(&reader)
        guard reader.faults.isEmpty else { throw SettingsFaults(reader.faults) }
        return port
    }

    private static func readPort(_ reader: inout SettingsReader) -> UInt16 {
        UInt16(reader.number("PORT", default: 3000, in: 1...65535))
    }

    private static func readEnvironment(_ reader: inout SettingsReader) -> Environment {
        guard let name = reader.optional("NODE_ENV") else { return .development }
        if let environment = Environment(rawValue: name) { return environment }
        let names = Environment.allCases.map(\.rawValue).joined(separator: ", ")
        reader.refuse("NODE_ENV", "is none of \(names)")
        return .development
    }

    private static func readDatabase(_ reader: inout SettingsReader) -> PostgresConfiguration? {
        if let url = reader.optional("DATABASE_URL") {
            do {
                return try PostgresConfiguration(url: url)
            } catch {
                reader.refuse("DATABASE_URL", error.message)
                return nil
            }
        }
        let names = ["PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE"]
        guard names.contains(where: { reader.optional($0) != nil }) else {
            reader.refuse("DATABASE_URL", "is missing (or \(names.joined(separator: ", ")) in its place)")
            return nil
        }
        let faultsBefore = reader.faults.count
        let host = reader.required("PGHOST")
        let port = reader.number("PGPORT", default: 5432, in: 1...65535)
        let user = reader.required("PGUSER")
        // Over a unix socket the server knows who we are without one.
        let password = host.hasPrefix("/") ? reader.optional("PGPASSWORD") : reader.required("PGPASSWORD")
        let database = reader.required("PGDATABASE")
        guard reader.faults.count == faultsBefore else { return nil }
        return PostgresConfiguration(host: host, port: port, user: user, password: password, database: database)
    }

    /// Who knows a secret may make tokens with it, so the project's and ours are not the same.
    private static func readSupabaseJWTSecret(_ reader: inout SettingsReader, access: String) -> Secret? {
        if reader.optional("SUPABASE_JWKS") != nil {
            reader.refuse("SUPABASE_JWKS", "is not supported: only tokens signed with SUPABASE_JWT_SECRET are verified")
        }
        guard let secret = reader.optional("SUPABASE_JWT_SECRET") else { return nil }
        if secret == access { reader.refuse("SUPABASE_JWT_SECRET", "must differ from ACCESS_TOKEN_SECRET") }
        return Secret(secret)
    }

    private static func readCrossOrigin(_ reader: inout SettingsReader) -> CrossOrigin {
        guard let text = reader.optional("CORS_ORIGINS") else { return .none }
        do {
            return try CrossOrigin(text)
        } catch {
            reader.refuse("CORS_ORIGINS", error.problem)
            return .none
        }
    }

    private static func readTrustedProxies(_ reader: inout SettingsReader) -> TrustedProxies {
        guard let text = reader.optional("TRUSTED_PROXIES") else { return .none }
        do {
            return try TrustedProxies(text)
        } catch {
            reader.refuse("TRUSTED_PROXIES", error.problem)
            return .none
        }
    }

    /// Scheme and host are there, and nothing that never is in a URL. More than that only the other side can tell.
    private static func isWebURL(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { !"/?#".contains($0) }
        return !host.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

/// All that is wrong with the environment. Its description has one line per variable, and no values.
public struct SettingsFaults: Error, Hashable, CustomStringConvertible {
    public let faults: [SettingsReader.Fault]

    init(_ faults: [SettingsReader.Fault]) { self.faults = faults }

    public var description: String { self.faults.map(\.description).joined(separator: "\n") }
}
