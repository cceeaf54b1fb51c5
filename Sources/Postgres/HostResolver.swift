import EventLoop
import Glibc

/// Looks host names up without blocking the loop.
///
/// `getaddrinfo(3)` blocks for as long as the name server is silent (5 s and more), so it runs on a thread of its own,
/// at most one per name: who asks for a name that is being looked up joins.
@Loop
final class HostResolver {
    static let shared = HostResolver()

    private typealias Lookup = Promise<Result<[String], PostgresError>>

    /// Several addresses of one name beyond these are not tried.
    private static nonisolated let addressesMax = 4

    private var lookups: [String: Lookup] = [:]

    /// The numeric addresses of `host`, in the order to be tried; those of a numeric address are itself.
    func addresses(of host: String, within limit: Duration) async throws(PostgresError) -> [String] {
        if Self.isNumeric(host) { return [host] }
        let lookup = self.lookups[host] ?? self.begin(host)
        guard let result = await lookup.value(within: limit) else {
            throw PostgresError(code: .unresolvedHost, message: "no answer for the name \(host)")
        }
        return try result.get()
    }

    private func begin(_ host: String) -> Lookup {
        let lookup = Lookup()
        self.lookups[host] = lookup
        let started = Self.onThread {
            let result = Self.lookUp(host)
            Task { @Loop in
                HostResolver.shared.lookups[host] = nil
                lookup.fulfil(result)
            }
        }
        if !started {
            self.lookups[host] = nil
            lookup.fulfil(.failure(PostgresError(code: .unresolvedHost, message: "no thread to look names up")))
        }
        return lookup
    }

    private static nonisolated func isNumeric(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    private static nonisolated func lookUp(_ host: String) -> Result<[String], PostgresError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            let reason = String(cString: gai_strerror(code))
            return .failure(PostgresError(code: .unresolvedHost, message: "\(host): \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let info = entry?.pointee, addresses.count < Self.addressesMax {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let named = getnameinfo(
                info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, Int32(NI_NUMERICHOST))
            let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if named == 0, !addresses.contains(address) { addresses.append(address) }
            entry = info.ai_next
        }
        return .success(addresses)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static nonisolated func onThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, Self.threadBody, work.toOpaque())
        if code != 0 { work.release() }
        return code == 0
    }

    private static nonisolated let threadBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
    }
}
