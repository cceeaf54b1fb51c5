# shellcheck shell=bash
# The proxy of front/, which holds the port so that nobody sees a deploy.

# Kept in .env, where Compose itself reads it: from then on every command means the same project. To turn it off again,
# take these lines out, and before the next deploy: docker compose -f docker-compose.dev.yml rm --stop --force front
turn_front_on() {
    ensure_env
    ! grep -q '^COMPOSE_PROFILES=' "$root/.env" || return 0 # on already, or chosen by somebody: selfheal says if not
    say "→ writing to .env that front holds the port from now on (scripts/lib/front.sh says how to turn that off)"
    # The proxy comes from one of the networks that Docker gives out, and its word on who the client is counts.
    cat >>"$root/.env" <<END
COMPOSE_PROFILES=front
DIRECT_PORT=0
TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16
END
}
