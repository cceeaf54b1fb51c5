import Support

@testable import Backend
@testable import Web

/// Reads a message of a player, and a body. What is refused is refused with a status of a client's fault, never of ours.
func fuzzJSON(_ input: UnsafeRawBufferPointer) -> CInt {
    do throws(HTTPProblem) {
        _ = try PlayMessage(parsing: String(decoding: input, as: UTF8.self)).wish()
    } catch {
        precondition((400..<500).contains(error.status), "a client's fault is called ours")
    }
    do throws(HTTPProblem) {
        _ = try decodeJSON(Array(input), as: JSONValue.self)
    } catch {
        precondition((400..<500).contains(error.status), "a client's fault is called ours")
    }
    return 0
}
