import Docker
import Glibc
import Support

func processID() -> Int32 { getpid() }

extension EngineEvent {
    /// The text that makes the event stream begin at `time`.
    static func since(_ time: Timestamp) -> String {
        EngineEvent(id: "", action: "", detail: nil, attributes: [:], timeNano: time.nanoseconds).time.text
    }
}
