import Testing
import YAML

@Suite("YAML")
struct YAMLTests {
    @Test("values know the line and column where they begin, and keys where they stand")
    func places() throws {
        let node = try YAMLNode(parsing: "# note\nservices:\n  - type: web\n    name: 'gurugammon'\n")
        let service = try #require(node["services"]?.elements?.first)
        let name = try #require(service.entry("name"))
        #expect(name.key.line == 4 && name.key.column == 5)
        #expect(name.value.line == 4 && name.value.column == 11)
        #expect(name.value.text == "gurugammon")
        #expect(service.line == 3 && service.column == 5)
    }

    @Test("quoted scalars are texts, plain ones may be booleans, numbers and null")
    func scalars() throws {
        let node = try YAMLNode(parsing: "{a: true, b: 'true', c: 15, d: '15', e: ~, f: '', g: , h: yes}")
        #expect(node["a"]?.bool == true && node["b"]?.bool == nil && node["b"]?.text == "true")
        #expect(node["c"]?.int == 15 && node["d"]?.int == nil && node["d"]?.text == "15")
        #expect(node["e"]?.isNull == true && node["f"]?.isNull == false && node["g"]?.isNull == true)
        #expect(node["h"]?.bool == nil)
    }

    @Test("repeated keys are kept in their order, and the first one is found by name")
    func duplicates() throws {
        let node = try YAMLNode(parsing: "a: 1\nb: 2\na: 3\n")
        #expect(node.entries?.map(\.key.text) == ["a", "b", "a"])
        #expect(node["a"]?.int == 1)
        #expect(node.entries?.last?.key.line == 3)
    }

    @Test("aliases stand for what they name, at the anchor's place; merge keys give what the mapping lacks")
    func aliases() throws {
        let node = try YAMLNode(parsing: "x: &log\n  driver: json\n  size: 1\ny:\n  <<: *log\n  size: 2\nz: *log\n")
        #expect(node["z"]?["driver"]?.line == 2)
        #expect(node["y"]?["driver"]?.text == "json" && node["y"]?["size"]?.int == 2)
    }

    @Test("tags are kept as they are written")
    func tags() throws {
        #expect(try YAMLNode(parsing: "ports: !reset []\n")["ports"]?.tag == "!reset")
    }

    @Test("a text without a document is null")
    func nothing() throws {
        #expect(try YAMLNode(parsing: "# only a note\n").isNull)
        #expect(try YAMLNode(parsing: "").isNull)
    }

    @Test(
        "what is no YAML is refused with its place",
        arguments: [
            ("a: [1, 2\nb: 3\n", 2), ("a: 1\n b: 2\n", 2), ("a: *gone\n", 1), ("a: 1\n---\nb: 2\n", 2),
            ("a: 1\n\tb: 2\n", 2), ("a: &x [*x]\n", 1), ("a: 'open\n", 2),
        ])
    func broken(text: String, line: Int) throws {
        let error = try #require(throws: YAMLError.self) { try YAMLNode(parsing: text) }
        #expect(error.line == line, "\(error)")
    }

    @Test("a control character is refused")
    func controlCharacters() {
        #expect(throws: YAMLError.self) { try YAMLNode(parsing: "a: \u{1}\n") }
    }

    @Test("nesting, size and what aliases stand for are bounded")
    func bounds() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let depth = try #require(throws: YAMLError.self) { try YAMLNode(parsing: deep) }
        #expect(depth.message.contains("nesting"))
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            let alias = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            bomb += "a\(level): &a\(level) [\(alias)]\n"
        }
        let aliases = try #require(throws: YAMLError.self) { try YAMLNode(parsing: bomb) }
        #expect(aliases.message.contains("values"))
        let large = "a: " + String(repeating: "x", count: YAMLNode.sizeLimit)
        let size = try #require(throws: YAMLError.self) { try YAMLNode(parsing: large) }
        #expect(size.message.contains("bytes"))
    }
}
