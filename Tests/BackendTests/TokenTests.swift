import Support
import Testing

@testable import Backend

@Suite("Access tokens")
struct TokenTests {
    private static let secret = Secret("a-secret-of-the-test-with-32-bytes-and-more")
    private static let key = Array(Self.secret.value.utf8)
    private static let tokens = AccessTokens(Self.secret)
    private static let account = Account(id: 7, name: "Ann \"1\" é")
    private static let now = 1_700_000_000

    @Test("say whose they are until their 15 minutes are over, and not a second longer")
    func lifetime() {
        let token = Self.tokens.make(for: Self.account, now: Self.now)
        #expect(Self.tokens.account(token, now: Self.now) == Self.account)
        #expect(Self.tokens.account(token, now: Self.now + 899) == Self.account)
        #expect(Self.tokens.account(token, now: Self.now + 900) == nil)
        // A clock that is behind by little, and by much.
        #expect(Self.tokens.account(token, now: Self.now - 30) == Self.account)
        #expect(Self.tokens.account(token, now: Self.now - 31) == nil)
    }

    @Test("are signed as RFC 7515 shows in A.1, and HMAC is that of RFC 4231")
    func vectors() {
        let mac = Sodium.hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(mac.prefix(8) == [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e])
        // In numbers and in plain text, as there: put together they look like a token that somebody lost.
        let key: [UInt8] = [
            3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230, 240, 84, 201, 40,
            169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195, 119, 98, 61,
            34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163,
        ]
        let signature: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214,
            191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let head = #"{"typ":"JWT",\#r\#n "alg":"HS256"}"#
        let claims = #"{"iss":"joe",\#r\#n "exp":1300819380,\#r\#n "http://example.com/is_root":true}"#
        let parts = [Array(head.utf8), Array(claims.utf8), signature]
        let token = parts.map { Base64URL.encode($0) }.joined(separator: ".")
        #expect(JSONWebToken.claims(token, key: key, now: 1_300_819_379)?["iss"] == "joe")
        #expect(JSONWebToken.claims(token, key: key, now: 1_300_819_380) == nil)
    }

    private static func signed(header: String, claims: String) -> String {
        let text = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return text + "." + Base64URL.encode(Sodium.hmacSHA256(Array(text.utf8), key: Self.key))
    }

    private static let goodHeader = #"{"alg":"HS256","typ":"JWT"}"#
    private static let goodClaims =
        #"{"iss":"gammonguru","sub":"7","name":"a","iat":1700000000,"nbf":1700000000,"exp":1700000900}"#

    @Test("are refused with another header, even a signed one")
    func headers() {
        let good = Self.signed(header: Self.goodHeader, claims: Self.goodClaims)
        #expect(Self.tokens.account(good, now: Self.now) != nil)
        for header in [
            #"{"alg":"none"}"#, #"{"alg":"None","typ":"JWT"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#,
            #"{"alg":"hs256"}"#, #"{"typ":"JWT"}"#, #"{"alg":["HS256"]}"#, #"{"alg":"HS256","crit":["exp"]}"#,
            #"{"alg":"HS256","typ":"other"}"#, #"["HS256"]"#, "", "{",
        ] {
            #expect(Self.tokens.account(Self.signed(header: header, claims: Self.goodClaims), now: Self.now) == nil)
        }
    }

    @Test("are refused without a signature, whatever the algorithm is said to be")
    func unsigned() {
        for header in [#"{"alg":"none"}"#, Self.goodHeader] {
            let text = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(Self.goodClaims.utf8))
            #expect(Self.tokens.account(text + ".", now: Self.now) == nil)
            #expect(Self.tokens.account(text, now: Self.now) == nil)
        }
    }

    @Test(
        "are refused with claims missing, of another type, or another's",
        arguments: [
            #"{"iss":"other","sub":"7","name":"a","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"sub":"7","name":"a","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","name":"a","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":7,"name":"a","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7x","name":"a","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7","iat":1,"nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","nbf":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1,"nbf":1}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1,"nbf":1,"exp":"1700000900"}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1,"nbf":1,"exp":null}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1,"nbf":1700000031,"exp":1700000900}"#,
            #"{"iss":"gammonguru","sub":"7","name":"a","iat":1700000031,"nbf":1,"exp":1700000900}"#,
            "[]", "null", "7", "",
        ])
    func claims(claims: String) {
        #expect(Self.tokens.account(Self.signed(header: Self.goodHeader, claims: claims), now: Self.now) == nil)
    }

    @Test("are refused with any one character changed, left out or added")
    func mutations() {
        let token = Array(Self.tokens.make(for: Self.account, now: Self.now).utf8)
        for index in token.indices {
            var (changed, shorter, longer) = (token, token, token)
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            shorter.remove(at: index)
            longer.insert(UInt8(ascii: "."), at: index)
            for mutant in [changed, shorter, longer] where mutant != token {
                #expect(Self.tokens.account(String(decoding: mutant, as: UTF8.self), now: Self.now) == nil)
            }
        }
    }

    @Test("survive any garbage", arguments: UInt64(0)..<20)
    func garbage(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0..<200, using: &random)
            let bytes = (0..<count).map { _ in
                let letters = Array("AZaz09-_.={}".utf8)
                return Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : letters[Int.random(in: 0..<12, using: &random)]
            }
            #expect(Self.tokens.account(String(decoding: bytes, as: UTF8.self), now: Self.now) == nil)
        }
    }

    @Test("are refused when longer than 4096 bytes, signed or not")
    func oversized() {
        let claims = String(Self.goodClaims.dropLast())
        func token(padding: Int) -> String {
            Self.signed(
                header: Self.goodHeader, claims: claims + ",\"x\":\"" + String(repeating: "x", count: padding) + "\"}")
        }
        #expect(token(padding: 2800).utf8.count < JSONWebToken.bytesMax)
        #expect(Self.tokens.account(token(padding: 2800), now: Self.now) != nil)
        #expect(token(padding: 3000).utf8.count > JSONWebToken.bytesMax)
        #expect(Self.tokens.account(token(padding: 3000), now: Self.now) == nil)
    }

    @Test("of a Supabase project are those of its users, not its keys for programs")
    func supabase() {
        let tokens = SupabaseTokens(url: "https://x.supabase.co/", secret: Self.secret)
        func subject(_ claims: String) -> String? {
            tokens.subject(Self.signed(header: Self.goodHeader, claims: claims), now: Self.now)
        }
        let iss = #""iss":"https://x.supabase.co/auth/v1","exp":1700000900"#
        #expect(subject("{\(iss),\"sub\":\"u-1\",\"role\":\"authenticated\",\"aud\":\"authenticated\"}") == "u-1")
        #expect(subject("{\(iss),\"sub\":\"u-1\",\"role\":\"authenticated\",\"aud\":[\"authenticated\"]}") == "u-1")
        #expect(subject("{\(iss),\"role\":\"anon\"}") == nil)
        #expect(subject("{\(iss),\"role\":\"service_role\"}") == nil)
        #expect(subject("{\(iss),\"sub\":\"u-1\",\"role\":\"service_role\",\"aud\":\"authenticated\"}") == nil)
        #expect(subject("{\(iss),\"sub\":\"\",\"role\":\"authenticated\",\"aud\":\"authenticated\"}") == nil)
        #expect(
            subject(
                #"{"iss":"https://y.supabase.co/auth/v1","exp":1700000900,"sub":"u","role":"authenticated","#
                    + #""aud":"authenticated"}"#) == nil)
        #expect(tokens.subject(Self.tokens.make(for: Self.account, now: Self.now), now: Self.now) == nil)
    }

    @Test("of a Supabase project are refused when over, not yet good, of another algorithm or key, or too long")
    func supabaseFaults() {
        let tokens = SupabaseTokens(url: "https://x.supabase.co/", secret: Self.secret)
        let user = #""iss":"https://x.supabase.co/auth/v1","sub":"u-1","role":"authenticated","aud":"authenticated""#
        func isTaken(_ times: String, header: String = Self.goodHeader, padding: Int = 0) -> Bool {
            let pad = padding == 0 ? "" : ",\"x\":\"\(String(repeating: "x", count: padding))\""
            let token = Self.signed(header: header, claims: "{\(user),\(times)\(pad)}")
            return tokens.subject(token, now: Self.now) != nil
        }
        let good = "\"exp\":\(Self.now + 900)"
        #expect(isTaken(good) && isTaken("\"nbf\":\(Self.now),\(good)") && isTaken(good, padding: 2700))
        for times in [
            "\"exp\":\(Self.now - 60)", "\"nbf\":\(Self.now + 60),\(good)", "\"iat\":\(Self.now + 60),\(good)",
            "\"exp\":\"\(Self.now + 900)\"", "\"nbf\":\"soon\",\(good)", "\"exp\":null", "\"iat\":1",
        ] {
            #expect(!isTaken(times), "\(times)")
        }
        for header in [#"{"alg":"none"}"#, #"{"alg":"RS256"}"#, #"{"alg":"ES256"}"#, #"{"alg":"HS512"}"#, "{}"] {
            #expect(!isTaken(good, header: header), "\(header)")
        }
        #expect(!isTaken(good, padding: 3000))
        let other = SupabaseTokens(
            url: "https://x.supabase.co/", secret: Secret("another-secret-of-the-test-0123456789"))
        let token = Self.signed(header: Self.goodHeader, claims: "{\(user),\(good)}")
        #expect(tokens.subject(token, now: Self.now) == "u-1" && other.subject(token, now: Self.now) == nil)
    }

    @Test("base64url has one text for each value and reads no other")
    func base64() {
        var random = SplitMix64(seed: 1)
        for count in 0..<64 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        for wrong in ["A", "AB", "AA=", "AA==", "A A", "+/8", "-_9", "AAAAA"] {
            #expect(Base64URL.decode(wrong) == nil)
        }
        #expect(Base64URL.decode("AA") == [0])
    }
}
