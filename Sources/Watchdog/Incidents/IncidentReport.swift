import Evidence
import Healing
import Support

/// The story of an incident in Markdown, to be pasted into a post-mortem.
enum IncidentReport {
    static func markdown(of story: IncidentStory) -> String {
        var text = "# Incident \(story.number) of \(story.service) in \(story.project)\n\n"
        text += "- Detected: \(story.began)\n"
        text += "- Cause: \(story.causes.joined(separator: ", then "))\n"
        text += "- Actions: \(story.actions)\n"
        if let recovered = story.recovered { text += "- Served again: \(recovered.seconds) after the first bad sign\n" }
        text += "- Outcome: \(self.outcome(of: story))\n"
        text += "\n| time (UTC) | since detected | what |\n| --- | --- | --- |\n"
        for (place, entry) in story.records.enumerated() {
            if story.recordsLeftOut > 0, place == story.records.count / 2 {
                text += "| … | … | \(story.recordsLeftOut) lines left out; the journal has them |\n"
            }
            let since = (entry.at - story.began).seconds
            text += "| \(entry.at) | \(since) | \(self.cell(entry.record.sentence)) |\n"
        }
        if story.actions > 0 {
            text +=
                "\nHow it was before each of the first actions, and before the last one, is in the folders beside this "
            text +=
                "file: the last log lines, Docker's checks, the container without its environment, processes and what "
            text += "they waited for, the control group, the machine.\n"
        }
        return text
    }

    private static func outcome(of story: IncidentStory) -> String {
        if let healed = story.healed { return "healed, proved after \(healed.seconds)" }
        return story.standDown.map { "taken out of the watchdog's hands: \($0)" } ?? "still open"
    }

    /// What a service answers is part of some texts: nothing of it may end the row or be taken for markup.
    private static func cell(_ text: String) -> String {
        var cell = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "|", "`", "*", "_", "<", ">", "[", "]", "\\": cell += "\\\(scalar)"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): cell += " "
            default: cell.unicodeScalars.append(scalar)
            }
        }
        return cell
    }
}
