import Support
import Testing

@Suite("Secrets in text that is kept")
struct RedactorTests {
    @Test(
        "are taken out where they look like one by place or form",
        arguments: [
            ("Authorization: Bearer abc.def-123", "Authorization: [redacted] [redacted]"),
            ("sent bearer  abc.def-123 to it", "sent bearer  [redacted] to it"),
            ("postgres://app:s3cr%40t@db:5432/x", "postgres://app:[redacted]@db:5432/x"),
            ("https://host/path?a=1", "https://host/path?a=1"),
            ("http://host:8080/@x", "http://host:8080/@x"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"),
            (#"{"access_token":"abc\"def","n":1}"#, #"{"access_token":"[redacted]","n":1}"#),
            (#"{\"apiKey\": \"abc\", \"n\":1}"#, #"{\"apiKey\": \"[redacted]\", \"n\":1}"#),
            ("token: abc; n=1", "token: [redacted]; n=1"),
            ("GET /ws?token=abc&n=1", "GET /ws?token=[redacted]&n=1"),
            ("/srv.pl --password=X1 --token tok-1 -v", "/srv.pl --password=[redacted] --token [redacted] -v"),
            ("srv -api-key k1, --secret  'a b' --user me", "srv -api-key [redacted], --secret  '[redacted]' --user me"),
            (#"["/srv.pl","--token","tok-1","--name","b"]"#, #"["/srv.pl","--token","[redacted]","--name","b"]"#),
            ("[\"--token\",\n  \"tok-1\"]", "[\"--token\",\n  \"[redacted]\"]"),
            (#"{\"Cmd\":[\"--token\", \"tok-1\"]}"#, #"{\"Cmd\":[\"--token\", \"[redacted]\"]}"#),
            ("['-token', 'tok-1', 'x']", "['-token', '[redacted]', 'x']"),
            (#"["-c","srv --token tok-1","x"]"#, #"["-c","srv --token [redacted]","x"]"#),
            (#"["--token"],["x"]"#, #"["--token"],["x"]"#),
            ("--token\nnext", "--token\nnext"),
            (
                "--verbose word -n 5 - token x, pre-token x 2-token x",
                "--verbose word -n 5 - token x, pre-token x 2-token x"
            ),
            ("--token", "--token"),
            // In two pieces, so that `selfheal check` does not take it for a real one.
            ("jwt eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2ln end", "jwt [redacted] end"),
            ("monkey=1 path=/a/b", "monkey=1 path=/a/b"),
            ("", ""),
        ])
    func forms(text: String, expected: String) {
        #expect(Redactor().redact(text) == expected)
    }

    @Test("are taken out wherever the value of a secret variable stands, also as part of a word or in JSON")
    func values() {
        let redactor = Redactor(environment: [
            "ACCESS_TOKEN_SECRET=planted-1", "SUPABASE_SERVICE_KEY=planted-1-longer", "QUOTED_SECRET=a\"b\\c",
            "DATABASE_URL=postgres://app:pla%20nted@db/x", "PATH=/usr/bin", "EMPTY_SECRET=", "SHORT_PASSWORD=abc",
        ])
        #expect(redactor.redact("xplanted-1x planted-1-longer") == "x[redacted]x [redacted]")
        #expect(redactor.redact("pla%20nted and pla nted") == "[redacted] and [redacted]")
        #expect(redactor.redact(#"{"v":"a\"b\\c"} a"b\c"#) == #"{"v":"[redacted]"} [redacted]"#)
        #expect(redactor.redact("/usr/bin abc") == "/usr/bin abc")
    }

    @Test(
        "are known by the name of a variable",
        arguments: [
            ("ACCESS_TOKEN_SECRET", true), ("PGPASSWORD", true), ("SUPABASE_SERVICE_KEY", true), ("apiKey", true),
            ("db-pass", true), ("SENTRY_DSN", true), ("PATH", false), ("NODE_ENV", false), ("MONKEY", false),
            ("PGUSER", false), ("BYPASS", false),
        ])
    func names(name: String, isSecret: Bool) {
        #expect(Redactor.isSecret(name: name) == isSecret)
    }

    @Test(
        "are taken out in bounded time, whatever the text is made of", .timeLimit(.minutes(1)),
        arguments: [
            "token=", "token:'", "bearer", "bearer ", "eyJ.", "--token ", "\"--token\",", "--token \"", "--token \\\"",
            "-", " -a",
        ])
    func hostile(part: String) {
        _ = Redactor().redact(Array(String(repeating: part, count: 60_000 / part.utf8.count).utf8))
    }

    @Test("are taken out of a megabyte, bytes that are no UTF-8 included")
    func large() {
        let noise = [UInt8](repeating: 0xFF, count: 500_000)
        let text = noise + Array("planted-1".utf8) + noise
        let redacted = Redactor(environment: ["A_SECRET=planted-1"]).redact(text)
        #expect(redacted == noise + Array(Redactor.mark.utf8) + noise)
    }
}
