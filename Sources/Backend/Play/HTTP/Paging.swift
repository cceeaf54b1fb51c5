import Web

/// What a request for a list says of its page.
extension HTTPRequest {
    /// The query's `limit`.
    func limit(_ range: ClosedRange<Int>, standard: Int) throws(HTTPProblem) -> Int {
        try self.number("limit", range, standard: standard)
    }

    /// A whole number of the query.
    func number(_ name: String, _ range: ClosedRange<Int>, standard: Int) throws(HTTPProblem) -> Int {
        guard let text = self.query[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .invalidParameter(name, "has to be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The query's `cursor`, the `next` of an answer, as `parse` reads it; nil for the first page.
    func cursor<Cursor>(_ parse: (String) -> Cursor?) throws(HTTPProblem) -> Cursor? {
        guard let text = self.query["cursor"] else { return nil }
        guard let cursor = parse(text) else {
            throw .invalidParameter("cursor", "has to be the \"next\" of the answer before")
        }
        return cursor
    }
}

extension HTTPProblem {
    static func invalidParameter(_ name: String, _ fault: String) -> HTTPProblem {
        HTTPProblem(400, "invalid_field", "The query's \(name) \(fault).")
    }
}
