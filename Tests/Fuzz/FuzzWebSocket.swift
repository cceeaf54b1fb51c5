@testable import Web

/// Reads frames at once and in pieces, whose size is the first byte: the pieces must make no difference.
func fuzzWebSocket(_ input: UnsafeRawBufferPointer) -> CInt {
    guard let piece = input.first, input.count > 1 else { return 0 }
    let frames = UnsafeRawBufferPointer(rebasing: input[1...])
    let whole = read(frames, inPiecesOf: frames.count)
    let pieces = read(frames, inPiecesOf: max(1, Int(piece)))
    precondition(whole.events == pieces.events && whole.fault == pieces.fault, "the pieces make a difference")
    return 0
}

private func read(
    _ frames: UnsafeRawBufferPointer, inPiecesOf size: Int
) -> (events: [WebSocketReader.Event], fault: WebSocketReader.Fault?) {
    // Small, so that inputs can go beyond it.
    var reader = WebSocketReader(messageBytesMax: 200)
    var events: [WebSocketReader.Event] = []
    do throws(WebSocketReader.Fault) {
        for start in stride(from: 0, to: frames.count, by: size) {
            let end = min(start + size, frames.count)
            try reader.read(UnsafeRawBufferPointer(rebasing: frames[start..<end]), into: &events)
        }
        return (events, nil)
    } catch {
        return (events, error)
    }
}
