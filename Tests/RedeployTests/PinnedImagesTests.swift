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

    @Test("what runs becomes the youngest set; one that is kept already changes its place, and pushes none out")
    func shifted() {
        func shifted(_ before: [Int: String], adding running: String) -> [Int: String] {
            PinnedImages.shifted(before.mapValues { ["app": $0] }, adding: ["app": running])
                .compactMapValues { $0["app"] }
        }
        #expect(shifted([:], adding: "c1") == [1: "c1"])
        #expect(shifted([1: "c3", 2: "c2", 3: "c1"], adding: "c4") == [1: "c4", 2: "c3", 3: "c2"])
        #expect(shifted([1: "c2", 2: "c3", 3: "c1"], adding: "c3") == [1: "c3", 2: "c2", 3: "c1"])
        #expect(shifted([1: "c2", 2: "c3", 3: "c1"], adding: "c1") == [1: "c1", 2: "c2", 3: "c3"])
        #expect(shifted([1: "c2", 2: "c1"], adding: "c2") == [1: "c2", 2: "c1"])
        let kept = PinnedImages.shifted([1: ["app": "c1", "job": "j1"]], adding: ["app": "c2"])
        #expect(kept == [1: ["app": "c2", "job": "j1"], 2: ["app": "c1", "job": "j1"]])
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
