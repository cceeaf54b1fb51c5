/// How bad a finding is. Errors make the command fail.
public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// Something does not work, or a secret is where others can read it.
    case error
    /// Something works today and will surprise somebody.
    case warning
    /// Something is right as it is and worth knowing.
    case note
}

/// A line of one of the project's files.
public struct Place: Hashable, Sendable {
    /// Relative to the folder of the compose file, with `/` between names.
    public let file: String
    /// Counted from 1.
    public let line: Int

    public init(_ file: String, _ line: Int) {
        self.file = file
        self.line = line
    }
}

/// What a check found at one place.
public struct Finding: Hashable, Sendable {
    public let check: Check
    public let place: Place
    /// What is wrong there, with the names and numbers of this project. Never the value of a secret.
    public let what: String

    public init(_ check: Check, _ place: Place, _ what: String) {
        self.check = check
        self.place = place
        self.what = what
    }
}

extension Finding: Comparable {
    /// In the order of files and lines.
    public static func < (one: Finding, other: Finding) -> Bool {
        (one.place.file, one.place.line, one.check.rawValue, one.what)
            < (other.place.file, other.place.line, other.check.rawValue, other.what)
    }
}
