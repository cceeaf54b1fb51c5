/// A rule of the game that an action breaks. The raw value is its stable code, for protocols and logs.
public enum RuleViolation: String, Error, Hashable, Sendable, CaseIterable {
    case noCheckerThere = "no_checker_there"
    case mustEnterFromBar = "must_enter_from_bar"
    case pointBlocked = "point_blocked"
    case notBearingOffYet = "not_bearing_off_yet"
    case notFromHighestPoint = "not_from_highest_point"
    case dieNotRolled = "die_not_rolled"
    case mustUseBothDice = "must_use_both_dice"
    case mustUseLargerDie = "must_use_larger_die"
    case mustUseMoreDice = "must_use_more_dice"
    case notYourTurn = "not_your_turn"
    case wrongPhase = "wrong_phase"
    case cubeNotYours = "cube_not_yours"
    case cubeAtMaximum = "cube_at_maximum"
    case crawfordGame = "crawford_game"
    case beaversOff = "beavers_off"
    case matchOver = "match_over"

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .noCheckerThere: "There is no checker of yours on that point."
        case .mustEnterFromBar: "A checker on the bar must enter first."
        case .pointBlocked: "The opponent holds that point."
        case .notBearingOffYet: "Checkers are borne off only when all are at home."
        case .notFromHighestPoint: "A larger die bears off only from the highest point."
        case .dieNotRolled: "No unused die moves a checker that far."
        case .mustUseBothDice: "Both dice can be played."
        case .mustUseLargerDie: "Only one die can be played: it must be the larger."
        case .mustUseMoreDice: "More of the dice can be played."
        case .notYourTurn: "It is the other player's decision."
        case .wrongPhase: "That can't be done in this phase of the game."
        case .cubeNotYours: "The opponent owns the cube."
        case .cubeAtMaximum: "The cube is at its largest value."
        case .crawfordGame: "The cube is not used in the Crawford game."
        case .beaversOff: "Beavers are not played here."
        case .matchOver: "The match is over."
        }
    }
}
