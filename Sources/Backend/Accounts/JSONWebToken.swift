import FoundationEssentials
import Support

/// Signed claims: a JSON Web Token (RFC 7519) in the one form that the backend makes and takes, HS256 (RFC 7515, A.1).
///
/// The algorithm is ours to choose, not the token's: what its header says is only compared (RFC 8725, 3.1), and nothing
/// of a token is read as JSON before its signature was found to be right.
enum JSONWebToken {
    /// A token longer than this is not looked at. Those of Supabase have 1 to 2 KB.
    static let bytesMax = 4096

    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

    static func sign(_ claims: JSONValue, key: [UInt8]) -> String {
        let signed = Self.header + "." + Base64URL.encode(Array(claims.text.utf8))
        return signed + "." + Base64URL.encode(Sodium.hmacSHA256(Array(signed.utf8), key: key))
    }

    /// The claims of `token` when it was signed with `key` and is valid at `now`, in seconds since 1970; nil for every
    /// other text.
    ///
    /// - `exp` is required, and is not forgiven a second.
    /// - `nbf` and `iat` may be ahead by ``skew``, as the clock of the machine that made the token may be.
    static func claims(_ token: String, key: [UInt8], now: Int) -> JSONValue? {
        guard token.utf8.count <= Self.bytesMax else { return nil }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { return nil }
        let expected = Sodium.hmacSHA256(Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8), key: key)
        guard Sodium.areSame(signature, expected), let header = Self.object(parts[0]), Self.isOurs(header),
            let claims = Self.object(parts[1]), Self.isTimely(claims, now)
        else { return nil }
        return claims
    }

    /// Seconds by which clocks of machines that keep the time may differ.
    static let skew = 30

    private static func object(_ part: Substring) -> JSONValue? {
        guard let bytes = Base64URL.decode(part),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)), case .object = value
        else { return nil }
        return value
    }

    /// `crit` names extensions that have to be understood, and we understand none (RFC 7515, 4.1.11).
    private static func isOurs(_ header: JSONValue) -> Bool {
        header["alg"] == "HS256" && header["crit"] == nil
            && (header["typ"] == nil || header["typ"]?.string?.lowercased() == "jwt")
    }

    private static func isTimely(_ claims: JSONValue, _ now: Int) -> Bool {
        guard let end = claims["exp"], let end = Self.seconds(end), Double(now) < end else { return false }
        for name in ["nbf", "iat"] {
            guard let claim = claims[name] else { continue }
            guard let begin = Self.seconds(claim), begin <= Double(now + Self.skew) else { return false }
        }
        return true
    }

    /// A `NumericDate` may have a fraction (RFC 7519, 2).
    private static func seconds(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let seconds): Double(seconds)
        case .number(let seconds): seconds
        case .null, .bool, .string, .array, .object, .written: nil
        }
    }
}
