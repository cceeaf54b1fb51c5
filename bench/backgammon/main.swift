// Compiled together with Sources/Backgammon by bench/backgammon.sh: the time to generate all plays, per position of random
// games.
import Glibc

var random = SplitMix64(seed: 1)
var list = PlayList()
var times: [Int] = []
var found = 0
while times.count < 200_000 {
    var position = Position.opening
    var player = Player.white
    while position.checkers(of: player.opponent, at: 0) < 15 {
        guard let dice = Dice(.random(in: 1...6, using: &random), .random(in: 1...6, using: &random)) else { break }
        var began = timespec()
        var ended = timespec()
        clock_gettime(CLOCK_MONOTONIC, &began)
        list.fill(from: position, player: player, dice: dice)
        clock_gettime(CLOCK_MONOTONIC, &ended)
        times.append((ended.tv_sec - began.tv_sec) * 1_000_000_000 + ended.tv_nsec - began.tv_nsec)
        found += list.plays.count
        position = list.plays.randomElement(using: &random)?.position ?? position
        player = player.opponent
    }
}
times.sort()
print("positions \(times.count), plays \(found)")
print("ns per position: median \(times[times.count / 2]), p99 \(times[times.count * 99 / 100])")
