/// The texts of `--help`.
enum Help {
    static let overview = """
        selfheal keeps a Docker Compose service alive: it sees it fail, finds out why, heals that, and proves it.

        usage: selfheal COMMAND [--help]

          watch [SERVICE]     watch and heal until SIGTERM; writes the journal
          status [--json]     how the project is now; exit code 0 well, 1 not well
          redeploy [OPTION]   deploy as a transaction: verified, or what ran before serves again
          rollback [N]        back to the images of N deploys ago
          deploys [--json]    the deploys so far
          check               whether Dockerfile, compose file, render.yaml and what runs agree
          render-check        run the image the way Render does, and tell what Render would do
          render              deploys, deploy or rollback at Render itself
          drill               break a copy of the project for real, and tell what was detected, done and lost
          version             the version of this program

        Settings come from the environment, all optional:
          SERVICE_NAME        the service to keep alive                (app)
          HEALTH_URL          asked from inside its container          (http://localhost:3000/health/internal)
          COMPOSE_FILE        the compose file                         (docker-compose.dev.yml)
          INTERVAL_SECONDS    between two looks at everything, 1-3600  (30)
          LOG_FILE            the journal                              (docker-health.txt)
          DOCKER_HOST         the engine's socket                      (unix:///var/run/docker.sock)
        """

    static let watch = """
        usage: selfheal watch [SERVICE]

        Watches SERVICE (or SERVICE_NAME, or "app") of the compose project in COMPOSE_FILE with the services it depends on,
        and restarts what is bad: with backoff 5, 10, 20, 40, 60, 60 … s between attempts, the cause first, never what is
        healthy, never what a person stopped. Every step is a line in LOG_FILE. SIGTERM ends it after the action in flight.

        exit codes: 0 stopped, 2 malformed settings, 3 already running, 4 no engine, 5 compose file, 6 no such service,
                    7 journal not writable, 8 health URL can't be asked

        examples:
          selfheal watch
          COMPOSE_FILE=compose.yaml HEALTH_URL=http://localhost:8080/health selfheal watch web
        """

    static let status = """
        usage: selfheal status [--json]

        Looks at the project now (container state, Docker health, health URL) and into the journal (incidents, attempts).
        Works with and without a running watchdog.

        exit codes: 0 all watched services are well, 1 not, 2 usage, 4 no engine, 5 compose file, 6 no such service

        examples:
          selfheal status
          selfheal status --json | jq '.services[] | select(.verdict != "well")'
        """

    /// By command.
    static let deploys = ["redeploy": redeploy, "rollback": rollback, "deploys": history]

    private static let redeploy = """
        usage: selfheal redeploy [--dry-run] [--wait[=SECONDS]] [--probation=SECONDS] [--front] [--recover] [--json]

        Builds the images of COMPOSE_FILE, replaces what changed (dependencies first, the order chosen for each service and
        said), and verifies: Docker's health, three good answers of HEALTH_URL in a row, the published port, version and
        commit in /health, then a probation. Whatever fails, or Ctrl-C, puts all services back. A deploy that was cut off
        is finished or undone first. The watchdog leaves the services alone meanwhile.

          --dry-run            says what would be done; builds and changes nothing
          --wait[=SECONDS]     waits for another deploy of the project, an hour at most unless said
          --probation=SECONDS  how long the new version is watched before the old one is removed (120)
          --front              only where a service with the label "selfheal.front: SERVICE" holds the port: no gap
          --recover            only takes a deploy that was cut off to its end
          --json               the outcome as JSON on stdout, all else on stderr; "step" says what failed

        COMMIT says what is built; /health must answer it.

        exit codes: 0 deployed and verified, 2 usage, 10 failed and the old version was never touched, 11 failed and rolled
                    back, verified, 12 failed and not rolled back, 13 nothing to do, 14 another deploy goes on, 15 bad
                    configuration. The last line names the step.

        examples:
          selfheal redeploy --dry-run
          selfheal redeploy --wait=300 --json | jq -r .outcome
        """

    private static let rollback = """
        usage: selfheal rollback [N] [--wait[=SECONDS]] [--probation=SECONDS] [--json]

        Runs the images that the services built here ran N deploys ago (1 to 3, default 1), by the same steps as redeploy
        but for the build. The compose file and the environment stay as they are now; what differs from then is said. Rows
        and volumes are not touched.

        exit codes: 0 it runs and was verified, 10 refused or failed with nothing touched, all else as redeploy's

        examples:
          selfheal rollback
          selfheal rollback 2 --probation=30
        """

    private static let history = """
        usage: selfheal deploys [--json]

        The deploys and rollbacks of the project, the youngest first: when, verdict, what, by whom, how long, and which
        incidents of the services that it changed began in the hour after it.

        exit codes: 0, 2 usage, 15 bad configuration

        examples:
          selfheal deploys
          selfheal deploys --json | jq '.[0].verdict'
        """

    static let check = """
        usage: selfheal check [--json | --sarif]

        Reads the compose file in COMPOSE_FILE, the Dockerfiles that it builds from, every render.yaml, the files that git
        tracks (for secrets), and the project's images and running containers when there is an engine. Says what disagrees,
        is missing, ignored or in the wrong place, as "file:line: severity: what; why; how to mend [check]". What could not
        be looked at is said too. Changes nothing. docs/checks.md explains every check.

        exit codes: 0 no errors (there may be warnings and notes), 1 errors, 2 usage, 5 no compose file

        examples:
          selfheal check
          selfheal check --json | jq -r '.findings[] | select(.severity != "note") | .check'
          selfheal check --sarif > selfheal.sarif
        """

    static let renderCheck = """
        usage: selfheal render-check [--file render.yaml] [--service NAME] [--image IMAGE] [--plan PLAN]
                                     [--patience SECONDS | --full] [--json]

        Runs a web service of the blueprint the way Render does by its published rules: PORT=10000, the limits of the plan,
        health checks with the Host header of the service, a throw-away database, secrets made for the run. Boots it, pauses
        the database, stops it with SIGTERM, and tells what Render would do and when. What fails for --patience (120 s) is not
        watched any longer: the rules tell how it ends; --full waits for all of it. The image is built from the blueprint's
        Dockerfile unless --image names one. All that it makes is removed, also on Ctrl-C.

        exit codes: 0 well, 1 Render would cancel, kill or lose it, 2 usage, 4 no engine, 30 blueprint, 31 not rehearsed

        examples:
          selfheal render-check
          selfheal render-check --image gammonguru-app:test --plan standard --json | jq .problems
        """

    static let render = """
        usage: selfheal render deploys  [--service NAME|ID] [--limit N] [--json]
               selfheal render deploy   [--service NAME|ID] [--commit SHA] [--wait SECONDS] [--json]
               selfheal render rollback [DEPLOY] [--service NAME|ID] [--wait SECONDS] [--json]

        Speaks to Render's REST API with RENDER_API_KEY from the environment. The service is the one of render.yaml unless
        --service names it. deploy and rollback wait for the verdict, 1800 s unless --wait says otherwise. rollback goes to
        the last deploy that was live before, or to DEPLOY; auto-deploy stays on, so the next push deploys again.

        exit codes: 0 live, 1 the deploy failed or was replaced, 2 usage, 30 blueprint, 32 the API can't be asked,
                    33 no such service or deploy, 34 still going on when the time was up

        examples:
          selfheal render deploys --limit 5
          selfheal render rollback
        """

    static let drill = """
        usage: selfheal drill [--only NAME,…] [--runs N] [--image IMAGE] [--html FILE] [--json]
               selfheal drill --live [--only NAME,…] [--runs N] [--html FILE] [--json]
               selfheal drill --list

        Makes a project of its own from COMPOSE_FILE (own name, volumes, secrets and a free port of 127.0.0.1), lets players
        play there and a client ask fifty times a second, and breaks it: one fault after the other, each with a watchdog of
        its own. Tells for each how soon it was detected, whether the cause was named rightly, what was done, when clients
        were served again, failed requests, acknowledged moves lost, and restarts that nothing asked for. All that it made is
        removed, also on Ctrl-C. Needs root.

          --only NAME,…   these faults; --list shows all
          --runs N        all of them N times, with the median and the worst
          --image IMAGE   what SERVICE_NAME runs; built from the compose file with -DFAULT_INJECTION unless named
          --html FILE     writes a page with a time line of each fault
          --json          one JSON object on stdout when it is over
          --live          breaks the real project, after a yes at the terminal, under the watchdog that runs; only by what
                          hurts for a moment and leaves nothing to put back, and without players

        Engine faults are played by a socket between the watchdog and the engine, so that nobody else notices them.

        exit codes: 0 all as it must be, 1 something was not healed, wrongly named, lost or needlessly restarted, 2 usage,
                    4 no engine, 50 no drill could be held, 51 interrupted or not confirmed

        examples:
          selfheal drill --only frozen,database-killed
          selfheal drill --runs 20 --html drill.html
        """
}
