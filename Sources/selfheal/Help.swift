/// The texts of `--help`.
enum Help {
    static let overview = """
        selfheal keeps a Docker Compose service alive: it sees it fail, finds out why, heals that, and proves it.

        usage: selfheal COMMAND [--help]

          watch [SERVICE]     watch and heal until SIGTERM; writes the journal (--all, --label NAME)
          status [--json]     how the project is now; exit code 0 well, 1 not well
          pause [SERVICE]     stay the watchdog's hand for a while; resume [SERVICE] ends that
          heal SERVICE        heal what is bad now, and wait for the proof
          history [--json]    the incidents so far, and how long it took to serve again
          replay JOURNAL      what another policy would have done with them
          explain SERVICE     every value in force for a service and where it comes from, the verdict now and why
          redeploy [OPTION]   deploy as a transaction: verified, or what ran before serves again
          rollback [N]        back to the images of N deploys ago
          deploys [--json]    the deploys so far
          check               whether Dockerfile, compose file, render.yaml and what runs agree
          render-check        run the image the way Render does, and tell what Render would do
          render              deploys, deploy or rollback at Render itself
          drill               break a copy of the project for real, and tell what was detected, done and lost
          version             the version of this program

        Settings come from the environment, all optional:
          SERVICE_NAME        the service to keep alive, * for all     (app)
          HEALTH_URL          asked from inside its container          (http://localhost:3000/health/internal)
          COMPOSE_FILE        the compose file, or several as a.yml:b.yml
                              (as .env says, or else docker-compose.dev.yml, or what Compose would take)
          INTERVAL_SECONDS    between two looks at everything, 1-3600  (30)
          LOG_FILE            the journal                              (docker-health.txt)
          DOCKER_HOST         the engine's socket                      (unix:///var/run/docker.sock)
          WEBHOOK_URL         told of each healing: POST, JSON         (none)
        Labels of a service say the rest: see `selfheal watch --help`.
        """

    static let watch = """
        usage: selfheal watch [SERVICE | --all | --label NAME]

        Watches SERVICE (or SERVICE_NAME, or "app") of the compose project in COMPOSE_FILE with the services it depends on,
        and restarts what is bad: with backoff 5, 10, 20, 40, 60, 60 … s between attempts, the cause first, never what is
        healthy, never what a person stopped, nor a job that its restart policy leaves ended. Every step is a line in
        LOG_FILE. SIGTERM ends it after the action in flight.

          --all          all services of the project (as SERVICE_NAME=*), but those that do their work once for another
          --label NAME   no project: all containers of the engine whose label NAME says true, "all" for every one. With the
                         settings of the tool autoheal: AUTOHEAL_CONTAINER_LABEL (goes before NAME, and is enough without
                         --label), AUTOHEAL_INTERVAL (5), AUTOHEAL_START_PERIOD (0), AUTOHEAL_DEFAULT_STOP_TIMEOUT (10),
                         WEBHOOK_URL, and the label autoheal.stop.timeout. What ends is left to its restart policy.

        Labels of a service or container, all optional:
          selfheal.enable        false: never touched; looked at only where another one depends on it
          selfheal.health-url    asked from inside it; without it Docker's health and the kernel are all that counts.
                                 HEALTH_URL is for the service that is named, and goes before its label
          selfheal.interval      between two looks, 1s to 1h (4s; 1s while something looks bad;
                                 where this is not set, and for up to 30 containers, 1s too for 5 min after a
                                 start or trouble)
          selfheal.timeout       how long the health URL may take, 100ms to 60s (1.5s)
          selfheal.retries       failed probes in a row until it is bad, 1 to 100 (3)
          selfheal.start-period  how long its first good answer or check may take (its healthcheck's start_period,
                                 or 30s)

        exit codes: 0 stopped, 2 malformed settings, 3 already running, 4 no engine, 5 compose file, 6 no such service,
                    7 journal not writable, 8 health URL can't be asked

        examples:
          selfheal watch
          COMPOSE_FILE=compose.yaml HEALTH_URL=http://localhost:8080/health selfheal watch web
          selfheal watch --all
          selfheal watch --label autoheal
        """

    static let explain = """
        usage: selfheal explain SERVICE [--all | --label NAME] [--json]

        Prints every value in force for SERVICE and where it comes from (default, environment, label, compose file,
        container), the verdict now, why, and what it waits for next. Looks as `status` does. A service that `selfheal watch`
        would not look after with these settings is explained as --all would.

        exit codes: 0, 2 usage or malformed settings, 4 no engine, 5 compose file, 6 not looked after

        examples:
          selfheal explain app
          selfheal explain db --json | jq '.replicas[].waitsFor'
        """

    static let status = """
        usage: selfheal status [--all | --label NAME] [--json]

        Looks at the project now (container state, Docker health, health URL) and into the journal (incidents, attempts).
        Works with and without a running watchdog. Unless said otherwise, here or in SERVICE_NAME, it is about what the running
        watchdog looks after; without one about "app" and what it depends on, or all services where there is no "app".

        exit codes: 0 all watched services are well, 1 not, 2 usage, 4 no engine, 5 compose file, 6 no such service

        examples:
          selfheal status
          selfheal status --json | jq '.services[] | select(.verdict != "well")'
        """

    /// By command.
    static let deploys = ["redeploy": redeploy, "rollback": rollback, "deploys": history]

    /// By command.
    static let operators = ["pause": pause, "resume": resume, "heal": heal, "history": incidents, "replay": replay]

    private static let pause = """
        usage: selfheal pause [SERVICE] [--for TIME] [--reason TEXT] [--label NAME]

        The running watchdog does nothing to SERVICE (or to any service of the project) for TIME: 90s, 30m, 2h or 1d, an hour
        unless said, a week at most. It goes on watching: incidents are in the journal and in `selfheal status`, and what is
        still bad is healed when the time is up. A pause survives a restart of the watchdog. --label says that the watchdog of
        `selfheal watch --label NAME` is meant; its services are containers by name, or PROJECT/SERVICE.

        exit codes: 0 paused, 2 usage, 5 compose file, 6 not looked after, 9 no watchdog runs, 16 refused

        examples:
          selfheal pause db --for 20m --reason "restoring a backup"
          selfheal pause
        """

    private static let resume = """
        usage: selfheal resume [SERVICE] [--label NAME]

        Ends the pause of SERVICE; without one every pause of the project. --label as in `selfheal pause`.

        exit codes: 0 done, also when nothing was paused, 2 usage, 5 compose file, 6 not looked after, 9 no watchdog runs

        examples:
          selfheal resume db
        """

    private static let heal = """
        usage: selfheal heal SERVICE [--label NAME]

        Has the running watchdog heal SERVICE now: the wait for more evidence and for the backoff (but for its least, 5 s) is
        cut, all else holds. What is healthy, paused, being deployed, stopped by a person, waiting for a dependency, or may be
        the last replica that serves is not touched, and the reason is said. Shows what happens until it is proved, 10 minutes
        at most; Ctrl-C ends only the showing. --label as in `selfheal pause`.

        exit codes: 0 healed and proved, 1 not proved, 2 usage, 5 compose file, 6 not looked after, 9 no watchdog runs,
                    16 refused, with the reason

        examples:
          selfheal heal app
        """

    private static let incidents = """
        usage: selfheal history [--json]

        The incidents in LOG_FILE and the part of it that was rotated away: when, what, how many actions, how long until it
        served again and until that was proved, and the mean of the former (MTTR). Needs no watchdog and no engine.

        exit codes: 0, 2 usage

        examples:
          selfheal history
          selfheal history --json | jq '.incidents[] | select(.outcome == "open")'
        """

    private static let replay = """
        usage: selfheal replay JOURNAL [--policy NAME=VALUE]… [--incident N] [--json]

        Judges the incidents of JOURNAL again by another policy, from the facts that are kept of the last 50: restarts saved,
        seconds added. Until the policy acts the world is as it was; from then on it is as it was after the recorded action.
        Where the record can't tell what would have happened, or ends before it serves again, that is said; what the recorded
        policy would not do again is marked with ? and not in the sum. The facts are looked for beside JOURNAL first.

        Policy names are such as failure_threshold, failure_time_min, backoff_base; an unknown one is answered with all of them.

        exit codes: 0 replayed, 1 nothing to replay, 2 usage, 7 JOURNAL can't be read or is no journal

        examples:
          selfheal replay docker-health.txt --policy failure_threshold=5 --policy failure_time_min=15s
        """

    private static let redeploy = """
        usage: selfheal redeploy [--dry-run] [--wait[=SECONDS]] [--probation SECONDS] [--front] [--recover] [--json]

        Builds the images of COMPOSE_FILE, replaces what changed (dependencies first, the order chosen for each service and
        said), and verifies: Docker's health, three good answers of HEALTH_URL in a row, the published port, version and
        commit in /health, then a probation. Whatever fails, or Ctrl-C, puts all services back. A deploy that was cut off
        is finished or undone first. The watchdog leaves the services alone meanwhile.

          --dry-run            says what would be done; builds and changes nothing, and ends with 13 where nothing would be
          --wait[=SECONDS]     waits for another deploy of the project, an hour at most unless said
          --probation SECONDS  how long the new version is watched before the old one is removed (120)
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
        usage: selfheal rollback [N] [--wait[=SECONDS]] [--probation SECONDS] [--json]

        Runs the images that the services built here ran before: of the last three sets that differ from what runs, the
        N-th youngest (1 to 3, default 1). By the same steps as redeploy but for the build. The compose file and the
        environment stay as they are now; what differs from then is said. Rows and volumes are not touched.

        exit codes: 0 it runs and was verified, 10 refused or failed with nothing touched, all else as redeploy's

        examples:
          selfheal rollback
          selfheal rollback 2 --probation=30
        """

    private static let history = """
        usage: selfheal deploys [--json]

        The deploys and rollbacks of the project, the youngest first: when, verdict, what, by whom, how long, and which
        incidents of the services that it changed began in the hour after it. Needs no engine and none of the file's variables,
        and where COMPOSE_FILE can't be read shows the deploys by a file of that name.

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
        usage: selfheal render deploys  [--file render.yaml] [--service NAME|ID] [--limit N] [--json]
               selfheal render deploy   [--file render.yaml] [--service NAME|ID] [--commit SHA] [--wait SECONDS] [--json]
               selfheal render rollback [DEPLOY] [--file render.yaml] [--service NAME|ID] [--wait SECONDS] [--json]

        Speaks to Render's REST API with RENDER_API_KEY from the environment. The service is the one of render.yaml, or of
        --file, unless --service names it. deploy and rollback wait for the verdict, 1800 s unless --wait says otherwise. rollback goes to
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
