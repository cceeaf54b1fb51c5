import Testing

@testable import Redeploy

struct PinnedImagesTests {
    private typealias Missing = PinnedImages.Missing

    @Test("the set to go back to is the youngest that is not what runs, and each further one counts from there")
    func target() throws {
        let sets = [1: ["app": "c2"], 2: ["app": "c1"], 3: ["app": "c0"]]
        #expect(try PinnedImages.target(1, in: sets, running: ["app": "c3"]) == ["app": "c2"])
        #expect(try PinnedImages.target(1, in: sets, running: ["app": "c2"]) == ["app": "c1"])
        #expect(try PinnedImages.target(2, in: sets, running: ["app": "c2"]) == ["app": "c0"])
        #expect(throws: Missing(number: 3)) { try PinnedImages.target(3, in: sets, running: ["app": "c2"]) }
    }

    @Test("a service that was added later blocks no rollback, and is not rolled back")
    func added() throws {
        let running = ["app": "c2", "front": "f"]
        #expect(try PinnedImages.target(1, in: [1: ["app": "c1"]], running: running) == ["app": "c1"])
        let sets = [1: ["app": "c2", "front": "f"], 2: ["app": "c1"], 3: ["app": "c0"]]
        #expect(try PinnedImages.target(2, in: sets, running: running) == ["app": "c0"])
    }

    @Test("an image that is gone is refused by name, as is a set that there never was")
    func gone() {
        let running = ["app": "c2", "back": "b2"]
        let sets = [1: ["back": "b1"], 2: ["app": "c0", "back": "b0"]]
        #expect(throws: Missing(service: "app", number: 1)) { try PinnedImages.target(1, in: sets, running: running) }
        #expect(throws: Missing(service: "app", number: 1)) { try PinnedImages.target(1, in: [:], running: running) }
        #expect(throws: Missing(service: "app", number: 2)) {
            try PinnedImages.target(1, in: [1: running], running: running)
        }
    }
}
