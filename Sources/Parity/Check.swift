/// What is looked for. The raw value is the check's id in reports and in `docs/checks.md`; ids are never reused.
public enum Check: String, Hashable, Sendable, CaseIterable {
    // Files that can't be read as what they are.
    case dockerfileMalformed = "dockerfile-malformed"
    case dockerfileMissing = "dockerfile-missing"
    case composeMalformed = "compose-malformed"
    case blueprintMalformed = "render-malformed"
    case duplicateKey = "duplicate-key"

    // Probes.
    case healthcheckMissing = "healthcheck-missing"
    case probePathMismatch = "probe-path-mismatch"
    case probePortMismatch = "probe-port-mismatch"
    case probeTimingMismatch = "probe-timing-mismatch"
    case probeIgnoresStatus = "probe-ignores-status"
    case probeVariableUnexpanded = "probe-variable-unexpanded"
    case probeToolMissing = "probe-tool-missing"
    case timeoutNotBelowInterval = "timeout-not-below-interval"
    case startPeriodShort = "start-period-short"
    case publishedPortMismatch = "published-port-mismatch"

    // Compose.
    case restartMissing = "restart-missing"
    case dependencyNotAwaited = "dependency-not-awaited"
    case composeIgnoredKey = "compose-ignored-key"
    case databaseVolumeMissing = "database-volume-missing"
    case buildTargetMismatch = "build-target-mismatch"

    // Render.
    case healthPathMissing = "render-health-path-missing"
    case healthPathRateLimited = "render-health-path-rate-limited"
    case blueprintDockerfileMismatch = "render-dockerfile-mismatch"
    case blueprintRuntimeMismatch = "render-runtime-mismatch"
    case blueprintPortMismatch = "render-port-mismatch"
    case settingMissing = "render-setting-missing"
    case settingWithoutValue = "render-setting-without-value"
    case settingTwice = "render-setting-twice"
    case secretValue = "render-secret-value"
    case unknownKey = "render-unknown-key"
    case deprecatedKey = "render-deprecated-key"
    case blueprintsDisagree = "blueprints-disagree"

    // Secrets.
    case secretInFile = "secret-in-file"
    case envFileTracked = "env-file-tracked"
    case envFileInBuildContext = "env-file-in-build-context"
    case secretInBuildArgument = "secret-in-build-argument"
    case secretInImage = "secret-in-image"

    // What runs.
    case containerDrift = "container-drift"
}

extension Check {
    public var severity: Severity { self.rule.severity }

    /// Why it matters, as one sentence.
    public var why: String { self.rule.why }

    /// How to mend it, as one sentence.
    public var mend: String { self.rule.mend }

    private typealias Rule = (severity: Severity, why: String, mend: String)

    private var rule: Rule {
        switch self {
        case .dockerfileMalformed:
            (
                .error, "the image can't be built, and nothing else of the file can be checked",
                "correct the instruction"
            )
        case .dockerfileMissing:
            (.error, "what is built from it can't be built", "correct the path, or bring the file back")
        case .composeMalformed:
            (.error, "Compose refuses the whole file", "correct it until `docker compose config` takes it")
        case .blueprintMalformed:
            (.error, "Render refuses the whole file", "correct the YAML")
        case .duplicateKey:
            (.error, "one of the two is silently lost, or the file is refused", "keep one of them")

        case .healthcheckMissing:
            (
                .error, "nobody notices when it freezes or answers errors",
                "add a healthcheck that asks the service itself; a one-shot service says `restart: \"no\"` instead"
            )
        case .probePathMismatch:
            (
                .error, "the container is judged by different questions depending on who started it",
                "let the Dockerfile's HEALTHCHECK and Compose's healthcheck ask the same path"
            )
        case .probePortMismatch:
            (
                .error, "the probe asks where nobody listens, and a well container is called unhealthy",
                "let the probe, PORT and EXPOSE name the same port"
            )
        case .probeTimingMismatch:
            (
                .error, "failures are noticed at another pace than the other file promises",
                "give both healthchecks the same numbers, or only the Dockerfile's"
            )
        case .probeIgnoresStatus:
            (
                .error, "curl without --fail is content with any answer, so an error status stays \"healthy\"",
                "add -f (--fail) to curl"
            )
        case .probeVariableUnexpanded:
            (
                .error, "without a shell the variable is taken literally and the probe always fails",
                "use the shell form (Dockerfile: CMD without brackets; Compose: CMD-SHELL), or write the value"
            )
        case .probeToolMissing:
            (
                .error, "the probe can't run, so a well container is called unhealthy and restarted for ever",
                "install the tool in the final stage, or probe with what the image has"
            )
        case .timeoutNotBelowInterval:
            (
                .error, "a check that hangs delays the next one, so noticing takes longer than the interval says",
                "make timeout shorter than interval"
            )
        case .startPeriodShort:
            (
                .warning, "checks that fail while it boots count as failures, and it may be restarted before it is up",
                "raise start_period above the longest boot"
            )
        case .publishedPortMismatch:
            (.error, "the published port leads to where nobody listens", "publish the port that the service listens on")

        case .restartMissing:
            (
                .error, "a process that ends stays ended until a person comes",
                "add `restart: always` or `unless-stopped`; a one-shot service says `restart: \"no\"`"
            )
        case .dependencyNotAwaited:
            (
                .warning, "it starts before the other one can serve, although that has a healthcheck to wait for",
                "write `condition: service_healthy`"
            )
        case .composeIgnoredKey:
            (
                .warning, "Compose reads it and does nothing; only Swarm or an old Compose would",
                "remove it, so that nobody relies on it"
            )
        case .databaseVolumeMissing:
            (.error, "the data goes with the container", "mount a named volume on the data folder")
        case .buildTargetMismatch:
            (
                .error, "Render knows no build targets and builds the last stage, so production runs something else",
                "make the stage that Compose builds the last one of the Dockerfile"
            )

        case .healthPathMissing:
            (
                .error, "Render then only looks whether the port is open, and sends traffic to an ill service",
                "add healthCheckPath"
            )
        case .healthPathRateLimited:
            (
                .error, "a 429 counts as ill for Render, so a busy service is taken down just when it is needed",
                "exempt the path from the limit, or give it a budget of more than one request a second"
            )
        case .blueprintDockerfileMismatch:
            (.error, "production is built from another file than what was tried", "name the same Dockerfile in both")
        case .blueprintRuntimeMismatch:
            (
                .error, "production is not the image that Compose builds",
                "set the service's `env` (newer: `runtime`) to docker"
            )
        case .blueprintPortMismatch:
            (
                .error, "on Render the service listens on another port than the image's own files say",
                "use the same port, or leave PORT to Render"
            )
        case .settingMissing:
            (
                .error, "the service gets it from Compose and would start without it on Render, or not at all",
                "add it to envVars, as `sync: false` or `generateValue: true` where it is secret"
            )
        case .settingWithoutValue:
            (
                .error, "Render refuses the entry or leaves the setting unset",
                "give it value, sync: false, generateValue: true, fromDatabase or fromService"
            )
        case .settingTwice:
            (.error, "which of the two counts is up to Render", "keep one of them")
        case .secretValue:
            (
                .error, "everybody who can read the repository has it, for ever",
                "replace value by `sync: false` or `generateValue: true`, and change the secret"
            )
        case .unknownKey:
            (
                .warning, "Render refuses or ignores what its specification does not list",
                "correct the name or remove it"
            )
        case .deprecatedKey:
            (.note, "it still works", "nothing has to be done")
        case .blueprintsDisagree:
            (
                .error, "which of the two files is in force depends on which was synced last",
                "keep one blueprint, or let them say the same"
            )

        case .secretInFile:
            (
                .error, "everybody who can read the repository has it, for ever, also after it is deleted",
                "read it from the environment, and change the secret"
            )
        case .envFileTracked:
            (
                .error, "it holds the secrets of whoever runs the project",
                "git rm --cached it, add it to .gitignore, and change what was in it"
            )
        case .envFileInBuildContext:
            (
                .error, "the whole folder is copied, so a local .env becomes a layer of the image",
                "add .env to .dockerignore, or copy only what is needed"
            )
        case .secretInBuildArgument:
            (
                .error, "the history of the image keeps build arguments readable for everybody who can pull it",
                "use a BuildKit secret (RUN --mount=type=secret), or give it at run time"
            )
        case .secretInImage:
            (
                .error, "everybody who can pull the image has it",
                "give it at run time, and change the secret"
            )

        case .containerDrift:
            (
                .warning, "what runs is not what the files say, so nothing that is read in them can be relied on",
                "`selfheal redeploy`; `docker compose up -d --remove-orphans` for one of no service"
            )
        }
    }
}
