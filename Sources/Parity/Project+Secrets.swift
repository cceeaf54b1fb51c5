extension Project {
    /// Secrets in the files that are read as what they are, in images, and files that should not be where they are.
    var secretFindings: [Finding] {
        self.facts.secretsInFiles + self.envFileFindings + self.composeSecrets + self.dockerfileSecrets
            + self.imageSecrets
    }

    private var envFileFindings: [Finding] {
        (self.facts.tracked ?? []).filter(Self.isEnvFile).map { path in
            Finding(.envFileTracked, Place(path, 1), "\(path) is tracked by git")
        }
    }

    /// `.env` and its variants, but not those that only show what is needed.
    static func isEnvFile(_ path: String) -> Bool {
        let name = Path.name(path)
        guard name == ".env" || name.hasPrefix(".env.") else { return false }
        return !["example", "sample", "template", "dist"].contains { name.hasSuffix(".\($0)") }
    }

    private var composeSecrets: [Finding] {
        var findings: [Finding] = []
        for service in self.compose?.services ?? [] {
            for setting in service.environment where Self.isLiteralSecret(setting.name, setting.value) {
                let what = "service \(service.name) gets \(setting.name) as a value in the file"
                findings.append(Finding(.secretInFile, setting.place, what))
            }
            for argument in service.build?.arguments ?? [] where Secrets.isSecret(name: argument.name) {
                let what = "service \(service.name) is built with the argument \(argument.name)"
                findings.append(Finding(.secretInBuildArgument, argument.place, what))
            }
        }
        return findings
    }

    private static func isLiteralSecret(_ name: String, _ value: String?) -> Bool {
        Secrets.isSecret(name: name) && value.map(Secrets.isMeant) == true
    }

    private var dockerfileSecrets: [Finding] {
        var findings: [Finding] = []
        for (path, file) in self.dockerfiles.sorted(by: { $0.key < $1.key }) {
            let globals = file.globalArguments.map { ("ARG", $0) }
            let inStages = file.stages.flatMap(\.instructions).flatMap { instruction in
                Dockerfile.variables(instruction).map { (instruction.keyword, $0) }
            }
            for (keyword, variable) in globals + inStages where Secrets.isSecret(name: variable.name) {
                let place = Place(path, variable.line)
                if keyword == "ARG" {
                    findings.append(
                        Finding(.secretInBuildArgument, place, "the build takes the argument \(variable.name)"))
                } else if Self.isLiteralSecret(variable.name, variable.value) {
                    findings.append(Finding(.secretInImage, place, "ENV sets \(variable.name) to a value"))
                }
            }
            findings += self.contextFindings(file)
        }
        return findings
    }

    /// Where a whole folder is copied into an image and `.env` is not kept out of it.
    private func contextFindings(_ file: Dockerfile) -> [Finding] {
        let contexts = self.built.filter { $0.build?.dockerfile == file.file }.compactMap { $0.build?.context }
        guard !contexts.isEmpty,
            contexts.contains(where: { !DockerIgnore(self.facts.dockerignores[$0] ?? "").excludes(".env") })
        else { return [] }
        return file.stages.flatMap(\.instructions).filter { instruction in
            guard ["COPY", "ADD"].contains(instruction.keyword),
                !instruction.flags.contains(where: { $0.name == "from" })
            else { return false }
            let words = instruction.list ?? ShellText.words(instruction.arguments)
            return words.dropLast().contains { [".", "./", "*", "/"].contains($0) }
        }
        .map { instruction in
            let what = "\(instruction.keyword) takes the whole build context, and .dockerignore lets .env in"
            return Finding(.envFileInBuildContext, Place(file.file, instruction.line), what)
        }
    }

    /// What a built image carries along. Names what was found, at the Dockerfile that it was built from.
    private var imageSecrets: [Finding] {
        var findings: [Finding] = []
        for service in self.built {
            guard let image = self.facts.images[service.name] else { continue }
            let place = self.build(of: service).map { Place($0.file.file, $0.stage.line) } ?? service.place("build")
            for entry in image.environment {
                let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                if Self.isLiteralSecret(parts[0], parts[1]) || Secrets.inLine(parts[1][...]) != nil {
                    let what = "the image of service \(service.name) has \(parts[0]) in its environment"
                    findings.append(Finding(.secretInImage, place, what))
                }
            }
            for file in image.secretFiles {
                let what = "a layer of the image of service \(service.name) holds \(file)"
                findings.append(Finding(.secretInImage, place, what))
            }
            for layer in image.history {
                guard let kind = Self.secretInLayer(layer) else { continue }
                let what = "the history of the image of service \(service.name) shows \(kind)"
                findings.append(Finding(.secretInImage, place, what))
            }
        }
        return findings
    }

    /// `RUN |1 NAME=value /bin/sh -c …` keeps build arguments; any word may be an assignment or a token.
    private static func secretInLayer(_ layer: String) -> String? {
        let words = layer.split(whereSeparator: \.isWhitespace)
        // What ENV sets is in the environment, and found there.
        if layer.hasPrefix("ENV ") { return nil }
        return words.lazy.compactMap { Secrets.inAssignment($0) ?? Secrets.inLine($0) }.first
    }
}
