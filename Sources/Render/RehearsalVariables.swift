import Glibc

/// What the service and its database are told, made for one rehearsal and never shown.
struct RehearsalVariables {
    /// For the service.
    let service: [String: String]
    /// The database that the service asks for; nil when it asks for none.
    let database: Blueprint.Database?
    /// For the `postgres` image.
    let databaseVariables: [String: String]

    /// The database's name within the rehearsal's network.
    static let databaseHost = "db"

    init(_ service: Blueprint.Service, databases: [Blueprint.Database]) {
        let password = Self.secret(characters: "0123456789abcdefghijklmnopqrstuvwxyz")
        var variables: [String: String] = [:]
        var database: Blueprint.Database?
        for variable in service.variables {
            switch variable.source {
            case .value(let text): variables[variable.key] = text
            case .generated: variables[variable.key] = Self.generatedValue()
            case .asked: variables[variable.key] = Self.standIn(for: variable.key)
            case .database(let name, let property):
                guard let found = databases.first(where: { $0.name == name }),
                    let property = DatabaseProperty(rawValue: property)
                else { continue }
                database = found
                variables[variable.key] = Self.value(of: property, in: found, password: password)
            }
        }
        // What Render adds (https://render.com/docs/environment-variables).
        variables["RENDER"] = "true"
        variables["RENDER_SERVICE_NAME"] = service.name
        variables["RENDER_SERVICE_TYPE"] = "web"
        variables["RENDER_EXTERNAL_HOSTNAME"] = service.host
        variables["RENDER_EXTERNAL_URL"] = "https://\(service.host)"
        variables["PORT"] = String(RenderRules.port)
        self.service = variables
        self.database = database
        self.databaseVariables = [
            "POSTGRES_USER": database?.user ?? "", "POSTGRES_DB": database?.databaseName ?? "",
            "POSTGRES_PASSWORD": password,
        ]
    }

    private static func value(
        of property: DatabaseProperty, in database: Blueprint.Database, password: String
    ) -> String {
        switch property {
        case .connectionString, .connectionPoolString:
            "postgresql://\(database.user):\(password)@\(self.databaseHost):5432/\(database.databaseName)"
        case .host: self.databaseHost
        case .port: "5432"
        case .user: database.user
        case .password: password
        case .database: database.databaseName
        }
    }

    /// For what a person would type in: an address that leads nowhere (RFC 2606), or a secret.
    private static func standIn(for key: String) -> String {
        key.hasSuffix("URL") || key.hasSuffix("URI") ? "https://rehearsal.invalid" : self.generatedValue()
    }

    /// 256 bits in base64, as `generateValue` makes them.
    private static func generatedValue() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        // 42 digits and one of four bits, which base64 pads with one sign.
        var digits = (0..<42).map { _ in alphabet[Int.random(in: 0..<64)] }
        digits.append(alphabet[Int.random(in: 0..<16) << 2])
        return String(decoding: digits, as: UTF8.self) + "="
    }

    private static func secret(characters: String) -> String {
        let characters = Array(characters)
        return String((0..<40).map { _ in characters[Int.random(in: 0..<characters.count)] })
    }
}
