import CCurl
import EventLoop
import Glibc
import HTTPClient

/// Asks `url` from where this program runs, as anybody outside the container would: `GET`, a fresh connection, no proxy,
/// redirects not followed.
///
/// - Parameter limit: for everything together.
@Loop
public func probe(url: ProbeURL, within limit: Duration) async -> ProbeOutcome {
    let deadline = Deadline(after: limit)
    var outcome = ProbeOutcome.refused
    for address in url.addresses where outcome == .refused {
        outcome = await ask(address, url, through: nil, by: deadline)
    }
    return outcome
}

/// How much of a body is read, in bytes.
private let bodyLimit = 65_536

/// - Parameter doorway: into the network namespace that is asked in; nil for our own.
@Loop
func ask(
    _ address: String, _ url: ProbeURL, through doorway: NamespaceDoorway?, by deadline: Deadline
) async -> ProbeOutcome {
    var body: [UInt8] = []
    var isCut = false
    let transfer = CurlTransfer(url: "http://\(address):\(url.port)\(url.path)") { _, bytes in
        body += bytes.prefix(bodyLimit - body.count)
        isCut = isCut || body.count == bodyLimit
        // Enough is known: an endless body is cut off here, and the status counts.
        return !isCut
    }
    transfer.addHeader("Host: \(url.authority)")
    transfer.addHeader("User-Agent: selfheal")
    transfer.set(CURLOPT_FRESH_CONNECT, 1)
    transfer.set(CURLOPT_FORBID_REUSE, 1)
    transfer.set(CURLOPT_PATH_AS_IS, 1)
    if let doorway {
        let context = Unmanaged.passUnretained(doorway).toOpaque()
        // Unretained is safe: the caller keeps the doorway until the transfer has ended.
        ccurl_set_open_socket(transfer.handle, NamespaceDoorway.openSocket, context)
    }

    switch await transfer.run(within: deadline.remaining) {
    case .timedOut: return .timedOut
    case .cancelled: return .unavailable("the probe was cancelled")
    case .completed(let report):
        if let reason = doorway?.refusal { return .unavailable(reason) }
        if report.code == CURLE_OK || isCut {
            return .answered(status: report.status, body: String(decoding: body, as: UTF8.self))
        }
        // A container without IPv6 has no ::1 (EADDRNOTAVAIL): nobody listens there either.
        let isRefused = report.systemError == ECONNREFUSED || report.systemError == EADDRNOTAVAIL
        if report.code == CURLE_COULDNT_CONNECT, isRefused || doorway?.isFamilyMissing == true { return .refused }
        return .broken(report.message)
    }
}
