import FoundationEssentials
import Support
import Testing

@Suite("A reader of JSON")
struct JSONReaderTests {
    /// All of `text` as a tree, by nothing but the reader's own functions.
    private static func tree(_ text: String) throws(JSONReader.Fault) -> JSONValue {
        var reader = JSONReader(Array(text.utf8), depthMax: 32)
        let value = try Self.value(&reader)
        try reader.end()
        return value
    }

    private static func value(_ reader: inout JSONReader) throws(JSONReader.Fault) -> JSONValue {
        if try reader.null() { return .null }
        // What is of another type is skipped, so each is asked of a copy.
        var copy = reader
        if let text = try copy.string() {
            reader = copy
            return .string(text)
        }
        copy = reader
        if let number = try copy.integer() {
            reader = copy
            return .integer(number)
        }
        copy = reader
        if let truth = try copy.bool() {
            reader = copy
            return .bool(truth)
        }
        copy = reader
        if try copy.enterArray() {
            var values: [JSONValue] = []
            while try copy.nextElement() { values.append(try Self.value(&copy)) }
            reader = copy
            return .array(values)
        }
        copy = reader
        if try copy.enterObject() {
            var members: [JSONValue.Member] = []
            while let name = try copy.nextName() { members.append(.init(name, try Self.value(&copy))) }
            reader = copy
            return .object(members)
        }
        try reader.skip()
        return "a number with a fraction or an exponent, or too large"
    }

    @Test("reads every kind of value, with white space, escapes and letters of all planes")
    func reads() throws {
        let text = """
             { "a" : [ 1 , -20, 0, {} , [] ], "ä\\u00e4\\ud83d\\ude00😀" : "\\"\\\\\\/\\b\\f\\n\\r\\t",
            "c":true,"d":false,"e":null ,"":"" }\t
            """
        #expect(
            try Self.tree(text)
                == .object([
                    .init("a", [1, -20, 0, .object([]), []]), .init("ää😀😀", "\"\\/\u{8}\u{C}\n\r\t"),
                    .init("c", true), .init("d", false), .init("e", nil), .init("", ""),
                ]))
        #expect(try Self.tree(String(Int.min)) == .integer(.min))
        #expect(try Self.tree(String(Int.max)) == .integer(.max))
        for text in ["9223372036854775808", "-9223372036854775809", "1.5", "1e2", "-0.0E-7"] {
            #expect(try Self.tree(text) == "a number with a fraction or an exponent, or too large")
        }
    }

    @Test(
        "refuses what is no JSON",
        arguments: [
            "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"", "{\"a\":", "{\"a\":1",
            "{\"a\":1,}",
            "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]", "1 2", "{} {}", "tru", "True",
            "nul",
            "nulL", "01", "-", "+1", ".5", "5.", "1e", "1e+", "0x1", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
            "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800a\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "\"\t\"",
            "nonsense",
        ])
    func refuses(text: String) {
        #expect(throws: JSONReader.Fault.malformed) { try Self.tree(text) }
        // As a value that nobody wants, too.
        #expect(throws: JSONReader.Fault.malformed) {
            var reader = JSONReader(Array(text.utf8), depthMax: 32)
            try reader.skip()
            try reader.end()
        }
    }

    @Test("goes as deep as it may and no deeper, whether it reads or skips")
    func depth() throws {
        for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ levels: Int) -> String {
                String(repeating: opening, count: levels) + "1" + String(repeating: closing, count: levels)
            }
            _ = try Self.tree(nested(32))
            #expect(throws: JSONReader.Fault.tooDeep) { try Self.tree(nested(33)) }
            #expect(throws: JSONReader.Fault.tooDeep) { try Self.tree(nested(100_000)) }
        }
    }

    @Test(
        "takes and refuses the same texts as Foundation's decoder, and reads the same in them",
        arguments: UInt64(0)..<20)
    func likeFoundation(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let whole = Array(#"{"a":[1,-2,{"b":null}],"c":"x\n\u00e4","d":true,"e":{"f":[],"g":"\\"}}"#.utf8)
        let letters = Array(#"{}[]",:\\/untrfbe0123456789-+.E x"#.utf8)
        var refused = 0
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: place) }
                bytes.insert(letters[Int.random(in: 0..<letters.count, using: &random)], at: place)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            // Foundation forgives a comma behind the last one; RFC 8259 does not.
            let dense = text.filter { $0 != " " }
            if dense.contains(",}") || dense.contains(",]") { continue }
            let foundation = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
            let ours = try? Self.tree(text)
            refused += ours == nil ? 1 : 0
            // Foundation keeps members in an order of its own, one of each name, and numbers of all kinds.
            try #require((foundation == nil) == (ours == nil), "\(text)")
            guard let ours, !ours.text.contains("a number"), Self.namesAreUnique(ours) else { continue }
            try #require(foundation == Self.sorted(ours), "\(text)")
        }
        #expect(refused > 10)
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map { Self.sorted($0) })
        case .object(let members):
            .object(members.map { .init($0.name, Self.sorted($0.value)) }.sorted { $0.name < $1.name })
        default: value
        }
    }

    private static func namesAreUnique(_ value: JSONValue) -> Bool {
        let members = value.members
        return Set(members.map(\.name)).count == members.count && members.allSatisfy { Self.namesAreUnique($0.value) }
            && value.elements.allSatisfy { Self.namesAreUnique($0) }
    }
}

@Suite("A writer of JSON")
struct JSONWriterTests {
    @Test("writes what a tree of the same values does")
    func likeTree() {
        let texts = ["", "plain", "ä😀", "\"\\\n\u{1}", String(repeating: "x", count: 5000)]
        let numbers = [0, 7, -7, 9, 10, 99, 100, -1_000, 1_234_567_890, .max, .min]
        let written = JSONValue.written { json in
            json.object { json in
                json.array("texts") { json in texts.forEach { json.string($0) } }
                json.member("numbers", numbers)
                json.member("lists", [[1, 2], [], [3]])
                json.array("none") { _ in }
                json.object("empty") { _ in }
                json.object("inside") { json in
                    json.member("a", true)
                    json.member("b", nil as String?)
                    json.member("c", "x")
                    json.member("d", -1)
                    json.members(ofObject: #"{"e":[1],"f":2}"#)
                    json.member("g", ["h": [nil, false]])
                }
                json.array("words") { json in
                    json.bool(false)
                    json.null()
                    json.value(1)
                    json.array { $0.integer(2) }
                }
            }
        }
        let tree: JSONValue = [
            "texts": .array(texts.map { .string($0) }), "numbers": .array(numbers.map { .integer($0) }),
            "lists": [[1, 2], [], [3]], "none": [], "empty": .object([]),
            "inside": ["a": true, "b": nil, "c": "x", "d": -1, "e": [1], "f": 2, "g": ["h": [nil, false]]],
            "words": [false, nil, 1, [2]],
        ]
        #expect(written.text == tree.text)
        #expect(JSONValue.array([written, nil]).text == "[\(tree.text),null]")
    }

    @Test("a moment is written as its description, and a cleared writer begins anew")
    func cleared() {
        let moment = Timestamp(nanoseconds: 1_795_000_000_123_456_789)
        var json = JSONWriter(capacity: 1)
        for _ in 0..<2 {
            json.clear()
            json.array { json in
                json.timestamp(moment)
                json.integer(1)
            }
            #expect(json.text == "[\"\(moment)\",1]")
        }
    }
}
