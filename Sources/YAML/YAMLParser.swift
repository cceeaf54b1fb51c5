import CYAML

extension YAMLNode {
    /// The largest text that is read, in bytes. Files that people write have a few thousand.
    public static let sizeLimit = 1 << 20
    /// How deep values may be nested.
    public static let depthLimit = 64
    /// How many values there may be once aliases are replaced: a few lines of aliases to aliases can stand for billions.
    public static let nodeLimit = 100_000

    /// Reads a text that holds one YAML document. A text without any is a null.
    ///
    /// - Throws: ``YAMLError`` for what is no YAML, for a second document, for an alias without an anchor before it, and
    ///   for what is beyond the limits.
    public init(parsing text: String) throws(YAMLError) {
        var text = text
        guard text.utf8.count <= YAMLNode.sizeLimit else {
            throw YAMLError(line: 1, column: 1, message: "the text is larger than \(YAMLNode.sizeLimit) bytes")
        }
        let result: Result<YAMLNode, YAMLError> = text.withUTF8 { bytes in
            do throws(YAMLError) { return .success(try YAMLParser.read(bytes)) } catch { return .failure(error) }
        }
        self = try result.get()
    }
}

/// One reading of one text by libyaml's event parser.
private struct YAMLParser: ~Copyable {
    /// libyaml keeps addresses into it, so it must not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// What each anchor stands for, with the number of values in it.
    private var anchors: [String: (node: YAMLNode, count: Int)] = [:]
    private var count = 0

    static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLError) -> YAMLNode {
        var parser = YAMLParser(bytes)
        return try parser.stream()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(self.parser) == 1 else { preconditionFailure("out of memory for a YAML parser") }
        yaml_parser_set_input_string(self.parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(self.parser)
        self.parser.deallocate()
    }

    // MARK: Events

    /// What libyaml says comes next, taken over from its memory.
    private struct Event {
        enum Kind {
            case scalar(YAMLNode.Scalar)
            case alias
            case sequenceStart
            case mappingStart
            /// The end of a sequence, mapping or document, or the begin of one, or of the stream.
            case mark(yaml_event_type_t)
        }

        let kind: Kind
        let anchor: String?
        let tag: String?
        let line: Int
        let column: Int
    }

    private func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(self.parser, &event) == 1 else { throw self.problem }
        defer { yaml_event_delete(&event) }
        var kind = Event.Kind.mark(event.type)
        var (anchor, tag): (String?, String?)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = .scalar(
                YAMLNode.Scalar(
                    text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE))
            (anchor, tag) = (Self.text(scalar.anchor), Self.text(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            (anchor, tag) = (Self.text(event.data.sequence_start.anchor), Self.text(event.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            (anchor, tag) = (Self.text(event.data.mapping_start.anchor), Self.text(event.data.mapping_start.tag))
        case YAML_ALIAS_EVENT:
            kind = .alias
            anchor = Self.text(event.data.alias.anchor)
        default: break
        }
        let (line, column) = (Int(event.start_mark.line) + 1, Int(event.start_mark.column) + 1)
        return Event(kind: kind, anchor: anchor, tag: tag, line: line, column: column)
    }

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        bytes.map { String(cString: $0) }
    }

    private var problem: YAMLError {
        let parser = self.parser.pointee
        var message = parser.problem.map { String(cString: $0) } ?? "this is no YAML"
        if let context = parser.context { message += ", \(String(cString: context))" }
        // The reader has no mark for what it can't decode; the parser's place is the last it could.
        let mark = parser.error == YAML_READER_ERROR ? parser.mark : parser.problem_mark
        return YAMLError(line: Int(mark.line) + 1, column: Int(mark.column) + 1, message: message)
    }

    // MARK: The tree

    private mutating func stream() throws(YAMLError) -> YAMLNode {
        _ = try self.next()
        let start = try self.next()
        guard case .mark(YAML_DOCUMENT_START_EVENT) = start.kind else {
            let nothing = YAMLNode.Scalar(text: "", isPlain: true)
            return YAMLNode(content: .scalar(nothing), tag: nil, line: start.line, column: start.column)
        }
        let node = try self.node(self.next(), depth: 1)
        _ = try self.next()
        let end = try self.next()
        guard case .mark(YAML_STREAM_END_EVENT) = end.kind else {
            throw YAMLError(line: end.line, column: end.column, message: "a second document begins; one is read")
        }
        return node
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        guard depth <= YAMLNode.depthLimit else {
            throw self.error(event, "more than \(YAMLNode.depthLimit) levels of nesting")
        }
        let before = self.count
        try self.add(1, event)
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar): content = .scalar(scalar)
        case .sequenceStart: content = .sequence(try self.elements(depth: depth))
        case .mappingStart: content = .mapping(try self.entries(depth: depth))
        case .alias:
            let name = event.anchor ?? ""
            guard let target = self.anchors[name] else {
                throw self.error(event, "the alias *\(name) has no complete anchor &\(name) before it")
            }
            try self.add(target.count - 1, event)
            return target.node
        case .mark: throw self.error(event, "a value is expected here")
        }
        let node = YAMLNode(content: content, tag: event.tag, line: event.line, column: event.column)
        if let anchor = event.anchor { self.anchors[anchor] = (node, self.count - before) }
        return node
    }

    private mutating func elements(depth: Int) throws(YAMLError) -> [YAMLNode] {
        var elements: [YAMLNode] = []
        while true {
            let event = try self.next()
            if case .mark(YAML_SEQUENCE_END_EVENT) = event.kind { return elements }
            elements.append(try self.node(event, depth: depth + 1))
        }
    }

    private mutating func entries(depth: Int) throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        while true {
            let event = try self.next()
            if case .mark(YAML_MAPPING_END_EVENT) = event.kind { return entries }
            let key = try self.node(event, depth: depth + 1)
            entries.append(YAMLNode.Entry(key: key, value: try self.node(self.next(), depth: depth + 1)))
        }
    }

    private mutating func add(_ nodes: Int, _ event: Event) throws(YAMLError) {
        self.count += nodes
        guard self.count <= YAMLNode.nodeLimit else {
            throw self.error(event, "more than \(YAMLNode.nodeLimit) values, counted where aliases stand for them")
        }
    }

    private func error(_ event: Event, _ message: String) -> YAMLError {
        YAMLError(line: event.line, column: event.column, message: message)
    }
}
