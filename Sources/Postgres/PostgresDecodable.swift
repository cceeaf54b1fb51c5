/// What a value of an answer can be read as.
public protocol PostgresDecodable: Sendable {
    /// From the value as PostgreSQL writes it, nil being NULL. Nil when it is no value of this type.
    init?(postgresText text: String?)
}

extension String: PostgresDecodable {
    public init?(postgresText text: String?) {
        guard let text else { return nil }
        self = text
    }
}

extension Int: PostgresDecodable {
    public init?(postgresText text: String?) {
        guard let text else { return nil }
        self.init(text)
    }
}

extension Double: PostgresDecodable {
    public init?(postgresText text: String?) {
        guard let text else { return nil }
        self.init(text)
    }
}

extension Bool: PostgresDecodable {
    public init?(postgresText text: String?) {
        switch text {
        case "t": self = true
        case "f": self = false
        default: return nil
        }
    }
}

/// A `bytea` in its hex form, PostgreSQL's standard (PostgreSQL 15 manual, 8.4.1).
extension [UInt8]: PostgresDecodable {
    public init?(postgresText text: String?) {
        guard let text, text.hasPrefix("\\x"), text.utf8.count % 2 == 0 else { return nil }
        self = []
        var high: UInt8?
        for character in text.utf8.dropFirst(2) {
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            if let upper = high {
                self.append(upper << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init?(postgresText text: String?) {
        guard let text else {
            self = .none
            return
        }
        guard let value = Wrapped(postgresText: text) else { return nil }
        self = .some(value)
    }
}
