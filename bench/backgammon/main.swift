// Compiled together with Sources/Backgammon and count.c by bench/backgammon.sh: the time to generate all plays, per position
// of random games, and how often memory is asked for meanwhile.
import Glibc

var random = SplitMix64(seed: 1)
var list = PlayList()
var times: [Int] = []
times.reserveCapacity(300_000)
var found = 0
/// Of positions that came when the list had grown to what its longest content needs.
var allocations: UInt = 0
while times.count < 200_000 {
    var position = Position.opening
    var player = Player.white
    while position.checkers(of: player.opponent, at: 0) < 15 {
        guard let dice = Dice(.random(in: 1...6, using: &random), .random(in: 1...6, using: &random)) else { break }
        var began = timespec()
        var ended = timespec()
        let (capacity, before) = (list.plays.capacity, allocation_count())
        clock_gettime(CLOCK_MONOTONIC, &began)
        list.fill(from: position, player: player, dice: dice)
        clock_gettime(CLOCK_MONOTONIC, &ended)
        if list.plays.capacity == capacity { allocations += allocation_count() - before }
        times.append((ended.tv_sec - began.tv_sec) * 1_000_000_000 + ended.tv_nsec - began.tv_nsec)
        found += list.plays.count
        position = list.plays.randomElement(using: &random)?.position ?? position
        player = player.opponent
    }
}
times.sort()
print("positions \(times.count), plays \(found)")
print("ns per position: median \(times[times.count / 2]), p99 \(times[times.count * 99 / 100])")
print("allocations once the list has grown: \(allocations) (of the whole program until here: \(allocation_count()))")
exit(allocations == 0 ? 0 : 1)
