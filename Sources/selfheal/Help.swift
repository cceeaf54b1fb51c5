/// The texts of `--help`.
enum Help {
    static let overview = """
        selfheal keeps a Docker Compose service alive: it sees it fail, finds out why, heals that, and proves it.

        usage: selfheal COMMAND [--help]

          watch [SERVICE]     watch and heal until SIGTERM; writes the journal
          status [--json]     how the project is now; exit code 0 well, 1 not well
          redeploy            build, start, show and verify
          check               whether Dockerfile, compose file, render.yaml and what runs agree
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
}
