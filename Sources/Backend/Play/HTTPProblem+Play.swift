import Backgammon
import Support
import Web

extension HTTPProblem {
    static let noSuchGame = HTTPProblem(404, "not_found", "There is no such game.")
    static let notYourGame = HTTPProblem(403, "not_your_game", "You have no seat in this game.")
    static let gameFull = HTTPProblem(409, "game_full", "Somebody else has joined this game.")
    static let notStarted = HTTPProblem(409, "not_started", "Nobody has joined this game yet.")
    static let alreadyStarted = HTTPProblem(409, "already_started", "It is too late to take this game back.")
    static let gameOver = HTTPProblem(409, "game_over", "The match has ended.")
    static let idReused = HTTPProblem(409, "id_reused", "This client id was another command.")

    /// The game is at `seq`, which is not where the command believed it to be.
    static func staleSeq(_ seq: Int) -> HTTPProblem {
        HTTPProblem(409, "stale_seq", "The game has gone on.", members: [.init("seq", .integer(seq))])
    }

    /// A rule of the game forbids it.
    init(_ rule: RuleViolation) {
        let code: String
        switch rule {
        case .matchOver:
            self = .gameOver
            return
        case .notYourTurn, .wrongPhase:
            self.init(409, rule.rawValue, rule.explanation)
            return
        case .cubeNotYours, .cubeAtMaximum, .crawfordGame, .beaversOff: code = "not_allowed"
        case .noCheckerThere, .mustEnterFromBar, .pointBlocked, .notBearingOffYet, .notFromHighestPoint, .dieNotRolled,
            .mustUseBothDice, .mustUseLargerDie, .mustUseMoreDice:
            code = "illegal_move"
        }
        self.init(409, code, rule.explanation, members: [.init("rule", .string(rule.rawValue))])
    }
}
