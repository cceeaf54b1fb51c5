/// The texts of `--help`.
enum Help {
    static let overview = """
        selfheal keeps a Docker Compose service alive: it sees it fail, finds out why, heals that, and proves it.

        usage: selfheal COMMAND [--help]

          watch [SERVICE]     watch and heal until SIGTERM; writes the journal
          status [--json]     how the project is now; exit code 0 well, 1 not well
          redeploy            build, start, show and verify
          render-check        run the image the way Render does, and tell what Render would do
          render              deploys, deploy or rollback at Render itself
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

    static let redeploy = """
        usage: selfheal redeploy

        Runs `docker compose build`, `up -d` and `ps` on COMPOSE_FILE, waits until SERVICE_NAME is healthy (deadline from its
        healthcheck; at once when it exits), and shows HEALTH_URL's answer from inside the container, headers and all.
        A running watchdog leaves the project alone meanwhile.

        exit codes: 0 deployed and verified, 2 usage, 20 before the first step, 21 build, 22 up, 23 ps, 24 not healthy,
                    25 health call

        examples:
          selfheal redeploy
          COMPOSE_FILE=compose.yaml SERVICE_NAME=web selfheal redeploy
        """

    static let renderCheck = """
        usage: selfheal render-check [--file render.yaml] [--service NAME] [--image IMAGE] [--plan PLAN] [--full] [--json]

        Runs a web service of the blueprint the way Render does by its published rules: PORT=10000, the limits of the plan,
        health checks with the Host header of the service, a throw-away database, secrets made for the run. Boots it, pauses
        the database, stops it with SIGTERM, and tells what Render would do and when. Waits that the rules allow to foretell
        are not waited for unless --full says so. All that it makes is removed, also on Ctrl-C.

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
}
