/// The header fields of one request, checked more strictly than libmicrohttpd does.
///
/// libmicrohttpd reads fields as C strings, so that a NUL hides what is behind it, takes the first of two
/// `Content-Length`s, and lets `Content-Length` stand beside `Transfer-Encoding`. A proxy in front that decides
/// otherwise would see other requests than we do (request smuggling, RFC 9112, 11.2).
public struct HeaderBlock: Sendable, Hashable {
    /// One field as sent, without the white space around its value.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        func isNamed(_ lowercased: String) -> Bool {
            self.name.utf8.count == lowercased.utf8.count && self.name.lowercased() == lowercased
        }
    }

    /// Why a block is refused.
    struct Fault: Error, Hashable {
        let detail: String
    }

    public let fields: [Field]

    public init(_ fields: [Field] = []) {
        self.fields = fields
    }

    /// The first value of the field `name`, which is to be given in lower case.
    public subscript(_ name: String) -> String? {
        self.fields.first { $0.isNamed(name) }?.value
    }

    /// Reads the block as libmicrohttpd leaves it in memory: `bytes` begin behind the request line and end behind the
    /// empty line, each CR, LF and first colon of a line replaced by NUL. So each field is `name NUL value NUL NUL`,
    /// and any NUL the client sent, any bare LF and any folded line breaks that pattern.
    init(parsing bytes: UnsafeRawBufferPointer) throws(Fault) {
        var fields: [Field] = []
        var rest = bytes[...]
        while !(rest.count == 2 && rest.allSatisfy { $0 == 0 }) {
            guard let colon = rest.firstIndex(of: 0), colon > rest.startIndex else { throw Self.malformed }
            let name = rest[..<colon]
            guard name.allSatisfy({ Self.isTokenByte($0) }) else { throw Self.malformed }
            rest = rest[(colon + 1)...]
            guard let end = rest.firstIndex(of: 0), end + 1 < rest.endIndex, rest[end + 1] == 0 else {
                throw Self.malformed
            }
            let value = Self.trimmed(rest[..<end])
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw Self.malformed }
            fields.append(Field(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            rest = rest[(end + 2)...]
        }
        self.fields = fields
    }

    private static let malformed = Fault(detail: "The header has a malformed line.")

    /// Refuses what makes the end of the body a matter of opinion.
    func checkFraming(isHTTP11: Bool) throws(Fault) {
        let lengths = self.fields.count { $0.isNamed("content-length") }
        let encodings = self.fields.filter { $0.isNamed("transfer-encoding") }
        let hosts = self.fields.count { $0.isNamed("host") }
        if lengths > 1 { throw Fault(detail: "There is more than one Content-Length.") }
        if lengths > 0, !encodings.isEmpty { throw Fault(detail: "Content-Length stands beside Transfer-Encoding.") }
        if encodings.count > 1 || encodings.contains(where: { $0.value.lowercased() != "chunked" }) {
            throw Fault(detail: "The only Transfer-Encoding understood is chunked.")
        }
        if hosts > 1 || (isHTTP11 && hosts == 0) { throw Fault(detail: "There must be one Host.") }
    }

    private static func trimmed(_ value: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var value = value
        while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
        return value
    }

    /// `tchar` of RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
