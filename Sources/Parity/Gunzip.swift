import CZlib

/// Unpacks a gzip stream as it comes, in pieces of any size. Keeps nothing of what it unpacked.
final class Gunzip {
    /// zlib's own state points back to it, so it must not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// Whether what came is no gzip, or damaged. Nothing more is unpacked then.
    private(set) var isBroken: Bool
    /// Whether all that began has ended.
    private(set) var isComplete = false

    init() {
        self.stream.initialize(to: z_stream())
        self.isBroken = gunzip_init(self.stream) != Z_OK
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    func read(_ bytes: UnsafeRawBufferPointer, _ hand: (UnsafeRawBufferPointer) -> Void) {
        // zlib only reads there; its declaration is older than const.
        self.stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        self.stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            guard !self.isBroken else { return }
            let (status, count) = self.buffer.withUnsafeMutableBufferPointer { buffer in
                self.stream.pointee.next_out = buffer.baseAddress
                self.stream.pointee.avail_out = UInt32(buffer.count)
                return (inflate(self.stream, Z_NO_FLUSH), buffer.count - Int(self.stream.pointee.avail_out))
            }
            self.buffer.withUnsafeBytes { if count > 0 { hand(UnsafeRawBufferPointer(rebasing: $0[..<count])) } }
            switch status {
            case Z_OK: self.isComplete = false
            // Nothing more to be had from these bytes.
            case Z_BUF_ERROR: return
            // Another one may follow: they are one text then.
            case Z_STREAM_END:
                self.isComplete = true
                self.isBroken = inflateReset(self.stream) != Z_OK
            default: self.isBroken = true
            }
        } while self.stream.pointee.avail_in > 0 || self.stream.pointee.avail_out == 0
    }
}
