import Compose
import EventLoop
import FoundationEssentials
import Glibc
import Support
import Testing

@testable import Redeploy

struct LockTests {
    init() { Loop.startThread() }

    @Test("the wait for another deploy ends when a person interrupts it, and says who was waited for, once")
    @Loop func interrupted() async throws {
        let folder = "/tmp/redeploy-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = StateFolder(besides: "\(folder)/compose.yaml", project: "p")
        state.make()
        let other = try FileLock(path: state.deployLock)
        var (looks, words) = (0, [String]())
        do throws(DeployLock.Failure) {
            _ = try await DeployLock(
                state, wait: .seconds(3_600),
                isInterrupted: {
                    looks += 1
                    return looks == 3
                }, say: { words.append($0) })
            Issue.record("two have the lock")
        } catch {
            guard case .interrupted(let owner) = error else { throw error }
            #expect(owner.hasSuffix("with pid \(getpid())") && words == ["waiting for \(owner)"])
        }
        #expect(looks == 3)
        withExtendedLifetime(other) {}
    }
}
