import CMicroHTTPD
import EventLoop
import Glibc

/// What libmicrohttpd calls, always on the loop's thread, because only the loop runs it.
///
/// The context is the server, which keeps itself alive while its daemon exists.
enum MHDCallbacks {
    /// Takes pointers into a closure that is isolated to the loop. Safe here, because it runs at once, on this thread.
    private struct Carried<Pointers>: @unchecked Sendable {
        let pointers: Pointers
    }

    private static func onLoop<Pointers, Result>(
        _ pointers: Pointers, _ body: @Loop (Pointers) -> Result
    ) -> Result {
        let carried = Carried(pointers: pointers)
        return Loop.assumeIsolated { body(carried.pointers) }
    }

    static let target:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? =
            { context, target, connection in
                guard let context, let target, let connection else { return nil }
                onLoop((context, target, connection)) { HTTPServer.of($0.0).begin($0.2, $0.1) }
                return nil
            }

    static let request: MHD_AccessHandlerCallback = {
        context, connection, _, method, version, uploaded, uploadedBytes, _ in
        guard let context, let connection, let method, let version, let uploadedBytes else { return .NO }
        let bytes = UnsafeRawBufferPointer(start: uploaded, count: uploadedBytes.pointee)
        // All of it is taken, always.
        uploadedBytes.pointee = 0
        return onLoop((context, connection, method, version, bytes)) {
            HTTPServer.of($0.0).proceed($0.1, method: $0.2, version: $0.3, uploaded: $0.4) ? .YES : .NO
        }
    }

    static let completed: MHD_RequestCompletedCallback = { context, connection, _, _ in
        guard let context, let connection else { return }
        onLoop((context, connection)) { HTTPServer.of($0.0).complete($0.1) }
    }

    static let upgrade: MHD_UpgradeHandler = { context, connection, _, extra, extraBytes, socket, handle in
        guard let context, let connection, let handle else { return }
        let bytes = UnsafeRawBufferPointer(start: extra, count: extraBytes)
        onLoop((context, connection, bytes, socket, handle)) { context, connection, bytes, socket, handle in
            let server = HTTPServer.of(context)
            // A descriptor of our own, so that libmicrohttpd can close its and forget the connection: its memory, kept for
            // as long as a game lasts, would be most of what an idle WebSocket costs.
            server.upgrade(connection, to: fcntl(socket, F_DUPFD_CLOEXEC, 0), bytes)
            cmhd_upgrade_close(handle)
        }
    }

    static let connection: MHD_NotifyConnectionCallback = { context, connection, slot, event in
        guard let context, let connection, let slot else { return }
        onLoop((context, connection, slot)) { context, connection, slot in
            let server = HTTPServer.of(context)
            if event == .CONNECTION_NOTIFY_STARTED {
                slot.pointee = Unmanaged.passRetained(server.open(connection)).toOpaque()
            } else if let object = slot.pointee {
                server.closed(Unmanaged<HTTPConnection>.fromOpaque(object).takeRetainedValue())
                slot.pointee = nil
            }
        }
    }
}
