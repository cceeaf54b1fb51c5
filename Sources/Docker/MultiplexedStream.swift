/// Takes apart what the engine sends for a container's output: frames of eight bytes of header and a payload, stdout and
/// stderr mixed. The output of a container with a terminal comes without frames and counts as stdout.
struct MultiplexedStream {
    enum Channel { case stdout, stderr }

    private enum State {
        case begin
        case header
        case payload(Channel, left: Int)
        case raw
    }

    private var state = State.begin
    private var header: [UInt8] = []

    /// Calls `body` for each piece of payload in `bytes`, which may begin and end anywhere in a frame.
    mutating func consume(
        _ bytes: UnsafeRawBufferPointer, _ body: (Channel, Slice<UnsafeRawBufferPointer>) -> Void
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch self.state {
            case .raw:
                body(.stdout, rest)
                return
            case .payload(let channel, let left):
                let piece = rest.prefix(left)
                body(channel, piece)
                rest = rest.dropFirst(piece.count)
                self.state = piece.count == left ? .header : .payload(channel, left: left - piece.count)
            case .begin, .header:
                let piece = rest.prefix(8 - self.header.count)
                self.header += piece
                rest = rest.dropFirst(piece.count)
                if !self.looksLikeHeader {
                    // No text begins with these bytes, so a first header that is none means: no frames at all.
                    self.header.withUnsafeBytes { body(.stdout, $0[...]) }
                    self.state = .raw
                } else if self.header.count == 8 {
                    let length = self.header[4...].reduce(0) { $0 << 8 | Int($1) }
                    let channel: Channel = self.header[0] >= 2 ? .stderr : .stdout
                    self.state = length == 0 ? .header : .payload(channel, left: length)
                    self.header.removeAll(keepingCapacity: true)
                }
            }
        }
    }

    private var looksLikeHeader: Bool {
        self.header.indices.allSatisfy { index in
            switch index {
            case 0: self.header[0] <= 3
            case 1...3: self.header[index] == 0
            default: true
            }
        }
    }
}
