import Testing

@testable import Redeploy

struct RoomTests {
    @Test("too little memory is refused with how much there is and how much is needed, and enough is not")
    func memory() {
        let lack = Room.lack(in: [], memory: 100 << 20)
        #expect(lack?.hasPrefix("only 100 MiB of memory are available and 128 are needed") == true)
        #expect(Room.lack(in: [], memory: 128 << 20) == nil)
        #expect(Room.lack(in: [], memory: nil) == nil, "what can't be known refuses nothing")
    }

    @Test("too little disk names the folder; one that can't be seen from here is passed over")
    func disk() {
        #expect(Room.lack(in: [("/tmp", .max)], memory: nil)?.hasPrefix("the disk of /tmp has ") == true)
        #expect(Room.lack(in: [("/tmp", 1), ("/no such folder", .max)], memory: nil) == nil)
    }
}
