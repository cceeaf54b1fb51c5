@testable import Backend
@testable import Web

/// Decodes a message of a player. What is refused is refused with a status of a client's fault, never of ours.
func fuzzJSON(_ input: UnsafeRawBufferPointer) -> CInt {
    do throws(HTTPProblem) {
        _ = try decodeJSON(Array(input), as: PlayMessage.self).wish()
    } catch {
        precondition((400..<500).contains(error.status), "a client's fault is called ours")
    }
    return 0
}
