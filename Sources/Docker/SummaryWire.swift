/// One entry of the engine's list, as it comes.
struct SummaryWire: Decodable {
    let Id: String
    let Names: [String]?
    let Labels: [String: String]?
    let State: String
    let Created: Int64

    func summary() throws(EngineError) -> ContainerSummary {
        guard let state = ContainerState(rawValue: self.State) else {
            throw EngineError(.malformed, "the engine lists a container in an unknown state: \(self.State)")
        }
        let created = EngineTime(
            text: String(self.Created),
            nanosecondsSince1970: self.Created.multipliedReportingOverflow(by: 1_000_000_000).partialValue)
        return ContainerSummary(
            id: self.Id, name: String((self.Names?.first ?? "").drop { $0 == "/" }), labels: self.Labels ?? [:],
            state: state, created: created)
    }
}
