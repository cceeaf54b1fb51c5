/// Looks for secrets in the files that git tracks.
enum SecretScan {
    /// Full of hashes that are no secrets.
    private static let lockFiles: Set<String> = [
        "Cargo.lock", "Gemfile.lock", "Package.resolved", "composer.lock", "go.sum", "package-lock.json",
        "pnpm-lock.yaml", "poetry.lock", "uv.lock", "yarn.lock",
    ]
    /// In these a name and a value stand for a setting; in source code they may be anything.
    private static let settingEndings = [
        ".cfg", ".conf", ".ini", ".json", ".properties", ".service", ".sh", ".tfvars", ".toml", ".yaml", ".yml",
    ]
    /// Findings of one file: a file full of them needs no more to be looked at.
    private static let limit = 20

    /// What one file shows.
    ///
    /// - Parameter isReadElsewhere: whether its settings are judged by what they mean (Dockerfiles, compose files and
    ///   blueprints).
    static func findings(_ path: String, _ text: String, isReadElsewhere: Bool) -> [Finding] {
        let name = Path.name(path)
        guard !self.lockFiles.contains(name), !Project.isEnvFile(path), !text.utf8.prefix(8_192).contains(0) else {
            return []
        }
        let hasSettings =
            !isReadElsewhere
            && (self.settingEndings.contains(where: name.hasSuffix) || name.hasPrefix(".env"))
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        var findings: [Finding] = []
        for (index, line) in lines.enumerated() where findings.count < self.limit {
            // A line this long was made by a program.
            guard line.utf8.count <= 4_096 else { continue }
            let kind =
                Secrets.isPrivateKey(lines, at: index)
                ? "a private key" : (hasSettings ? Secrets.inAssignment(line) : nil) ?? Secrets.inLine(line)
            if let kind { findings.append(Finding(.secretInFile, Place(path, index + 1), "this looks like \(kind)")) }
        }
        return findings
    }
}
