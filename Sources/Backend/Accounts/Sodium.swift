import CSodium

/// The few functions of libsodium that the backend uses, as Swift. May be used on any thread.
enum Sodium {
    /// The library chooses its fastest code and opens its source of random bytes. It does so once however often it is
    /// asked, and its functions are only to be used afterwards.
    private static let ready: Void = {
        // -1 means that the kernel has no random bytes for us: no secret could be made.
        precondition(sodium_init() >= 0, "libsodium can't be used on this machine")
    }()

    /// Bytes that nobody can guess.
    static func randomBytes(_ count: Int) -> [UInt8] {
        self.ready
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    /// HMAC-SHA-256 (RFC 2104, FIPS 180-4), 32 bytes, with a key of any length.
    static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        self.ready
        var state = crypto_auth_hmacsha256_state()
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha256_final(&state, &code)
        return code
    }

    /// Whether both are the same, in a time that depends on their lengths alone.
    static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    /// Argon2id of `password` with a new salt, at libsodium's `INTERACTIVE` limits, in the form that ``verify`` reads.
    /// Takes some 50 ms and 64 MiB; nil when the memory is not to be had.
    static func hash(password: String) -> String? {
        self.ready
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let password = password.utf8.map { CChar(bitPattern: $0) }
        let code = crypto_pwhash_str(
            &text, password, UInt64(password.count), UInt64(crypto_pwhash_OPSLIMIT_INTERACTIVE),
            Int(crypto_pwhash_MEMLIMIT_INTERACTIVE))
        guard code == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether `hash` is one of `password`. Costs as much as making it did; false also when the memory is not to be had.
    static func verify(password: String, hash: String) -> Bool {
        self.ready
        // The library reads the whole field, whatever the length of the text.
        var text = hash.utf8.prefix(Int(crypto_pwhash_STRBYTES) - 1).map { CChar(bitPattern: $0) }
        text += [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES) - text.count)
        let password = password.utf8.map { CChar(bitPattern: $0) }
        return crypto_pwhash_str_verify(text, password, UInt64(password.count)) == 0
    }

    /// A hash of no password, in whose verification as much work is done as in that of any other.
    static let hashOfNothing: String = {
        let kibibytes = Int(crypto_pwhash_MEMLIMIT_INTERACTIVE) / 1024
        let salt = String(repeating: "A", count: 22)
        let zeros = String(repeating: "A", count: 43)
        return "$argon2id$v=19$m=\(kibibytes),t=\(crypto_pwhash_OPSLIMIT_INTERACTIVE),p=1$\(salt)$\(zeros)"
    }()
}
