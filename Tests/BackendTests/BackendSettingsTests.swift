import Testing

@testable import Backend

@Suite("The backend's settings")
struct BackendSettingsTests {
    private static let complete = [
        "DATABASE_URL": "postgresql://me:word-1@db/games", "ACCESS_TOKEN_SECRET": "access-secret-1",
        "REFRESH_TOKEN_SECRET": "refresh-secret-1", "SUPABASE_URL": "https://x.supabase.co",
        "SUPABASE_SERVICE_KEY": "service-key-1",
    ]

    private static func faults(_ change: [String: String?]) -> [String] {
        var environment = Self.complete
        for (name, value) in change { environment[name] = value }
        do {
            _ = try BackendSettings(environment: environment)
            return []
        } catch {
            return error.description.split(separator: "\n").map { String($0) }
        }
    }

    @Test("have defaults for what need not be told")
    func defaults() throws {
        let settings = try BackendSettings(environment: Self.complete)
        #expect(settings.environment == .development)
        #expect(settings.port == 3000)
        #expect(settings.shutdownLimit == .seconds(5))
        #expect(settings.stallLimit == .seconds(10))
        #expect(settings.commit == nil)
        #expect(settings.supabaseJWTSecret == nil)
        #expect(settings.crossOrigin == .none)
        #expect(settings.trustedProxies == .none)
        #expect(settings.accessTokenSecret.value == "access-secret-1")
    }

    @Test("take everything that is told")
    func everything() throws {
        let more = [
            "NODE_ENV": "test", "PORT": "65535", "SHUTDOWN_SECONDS": "60", "GIT_COMMIT": "abc",
            "SUPABASE_URL": "http://localhost:54321/", "SUPABASE_JWT_SECRET": "project-secret-1",
        ]
        let settings = try BackendSettings(environment: Self.complete.merging(more) { $1 })
        #expect(settings.environment == .test)
        #expect(settings.port == 65535)
        #expect(settings.shutdownLimit == .seconds(60))
        #expect(settings.commit == "abc")
        #expect(settings.supabaseJWTSecret?.value == "project-secret-1")
    }

    @Test(
        "refuse a malformed value by name",
        arguments: [
            ("NODE_ENV", "prod", "NODE_ENV is none of development, test, production"),
            ("PORT", "0", "PORT is not a whole number from 1 to 65535"),
            ("PORT", "65536", "PORT is not a whole number from 1 to 65535"),
            ("PORT", "3000 ", "PORT is not a whole number from 1 to 65535"),
            ("DATABASE_URL", "mysql://db", "DATABASE_URL is not a postgresql:// URL"),
            ("DATABASE_URL", "", "DATABASE_URL is missing (or PGHOST, PGUSER, PGPASSWORD, PGDATABASE in its place)"),
            ("ACCESS_TOKEN_SECRET", "", "ACCESS_TOKEN_SECRET is missing"),
            ("REFRESH_TOKEN_SECRET", "access-secret-1", "REFRESH_TOKEN_SECRET must differ from ACCESS_TOKEN_SECRET"),
            ("SUPABASE_URL", "x.supabase.co", "SUPABASE_URL is not an http:// or https:// URL"),
            ("SUPABASE_URL", "https://", "SUPABASE_URL is not an http:// or https:// URL"),
            ("SUPABASE_URL", "https:///path", "SUPABASE_URL is not an http:// or https:// URL"),
            ("SUPABASE_URL", "https://a b", "SUPABASE_URL is not an http:// or https:// URL"),
            ("SUPABASE_SERVICE_KEY", "", "SUPABASE_SERVICE_KEY is missing"),
            ("SUPABASE_JWT_SECRET", "access-secret-1", "SUPABASE_JWT_SECRET must differ from ACCESS_TOKEN_SECRET"),
            (
                "SUPABASE_JWKS", "{}",
                "SUPABASE_JWKS is not supported: only tokens signed with SUPABASE_JWT_SECRET are verified"
            ),
            (
                "CORS_ORIGINS", "*",
                "CORS_ORIGINS is not a list of origins such as https://example.org, http://localhost:5173"
            ),
            ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES has a network with bits behind its prefix"),
            ("SHUTDOWN_SECONDS", "0", "SHUTDOWN_SECONDS is not a whole number from 1 to 60"),
            ("STALL_SECONDS", "0", "STALL_SECONDS is not a whole number from 1 to 3600"),
            ("SHUTDOWN_SECONDS", "61", "SHUTDOWN_SECONDS is not a whole number from 1 to 60"),
        ])
    func malformed(name: String, value: String, fault: String) {
        #expect(Self.faults([name: value]) == [fault])
    }

    @Test("want long secrets in production, and there only")
    func productionSecrets() {
        let long = String(repeating: "s", count: 32)
        #expect(
            Self.faults(["NODE_ENV": "production", "SUPABASE_JWT_SECRET": "short"]) == [
                "ACCESS_TOKEN_SECRET is shorter than 32 bytes", "REFRESH_TOKEN_SECRET is shorter than 32 bytes",
                "SUPABASE_JWT_SECRET is shorter than 32 bytes",
            ])
        #expect(
            Self.faults(["NODE_ENV": "production", "ACCESS_TOKEN_SECRET": long, "REFRESH_TOKEN_SECRET": long + "2"])
                == [])
    }

    @Test("take the parts of the database in place of its URL, and name those that are missing")
    func databaseParts() {
        let parts: [String: String?] = [
            "DATABASE_URL": nil, "PGHOST": "db", "PGUSER": "me", "PGPASSWORD": "word-1", "PGDATABASE": "games",
        ]
        #expect(Self.faults(parts) == [])
        #expect(Self.faults(parts.merging(["PGPORT": "x"]) { $1 }) == ["PGPORT is not a whole number from 1 to 65535"])
        #expect(
            Self.faults(["DATABASE_URL": nil, "PGHOST": "db"])
                == ["PGUSER", "PGPASSWORD", "PGDATABASE"].map { "\($0) is missing" })
        #expect(Self.faults(parts.merging(["PGHOST": "/run/postgresql", "PGPASSWORD": nil]) { $1 }) == [])
    }

    @Test("list all faults at once and no value")
    func allAtOnce() {
        let faults = Self.faults([
            "NODE_ENV": "value-1", "PORT": "value-1", "DATABASE_URL": "value-1", "ACCESS_TOKEN_SECRET": "value-1",
            "REFRESH_TOKEN_SECRET": "value-1", "SUPABASE_URL": "value-1", "SUPABASE_SERVICE_KEY": nil,
            "SHUTDOWN_SECONDS": "value-1",
        ])
        #expect(faults.count == 7)
        #expect(!faults.joined().contains("value-1"))
    }

    @Test("don't show their secrets when printed")
    func printing() throws {
        let settings = try BackendSettings(environment: Self.complete)
        var text = ""
        dump(settings.accessTokenSecret, to: &text)
        dump(settings.supabaseServiceKey, to: &text)
        text += "\(settings.refreshTokenSecret) \(String(reflecting: settings.accessTokenSecret))"
        #expect(!text.contains("secret-1") && !text.contains("key-1"))
    }
}
