import Foundation
import Support

extension LiveProject {
    private var journals: String { "\(self.folder)/.selfheal/deploys" }

    /// The names of its deploys.
    func deploys() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: self.journals).filter { $0.hasPrefix("2") })
    }

    /// What the journal of a deploy that is not among `known` says so far; nothing while there is none.
    func journal(ofDeployAfter known: Set<String>) throws -> String {
        guard let new = try self.deploys().subtracting(known).max() else { return "" }
        return textOfFile("\(self.journals)/\(new)/journal.jsonl")
    }

    /// When the last deploy had the first event of a kind; nil where it had none.
    func time(of event: String) throws -> Timestamp? {
        guard let last = try self.deploys().max() else { return nil }
        let lines = textOfFile("\(self.journals)/\(last)/journal.jsonl").split(separator: "\n")
        let line = lines.first { $0.contains(#""event":{"\#(event)""#) }
        let value = line?.split(separator: #""time":""#, maxSplits: 1).last?.prefix { $0 != "\"" }
        return value.flatMap { Timestamp(String($0)) }
    }
}
