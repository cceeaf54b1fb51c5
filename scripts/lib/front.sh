# shellcheck shell=bash
# The proxy of front/, which holds the port so that nobody sees a deploy.

# Kept in .env, where Compose itself reads it: from then on every command means the same project.
turn_front_on() {
    ensure_env
    ! grep -q '^COMPOSE_PROFILES=' "$root/.env" || return 0 # on already, or chosen by somebody: selfheal says if not
    say "→ writing to .env that front holds the port from now on (--no-front turns that off)"
    # The proxy comes from one of the networks that Docker gives out, and its word on who the client is counts.
    cat >>"$root/.env" <<END
COMPOSE_PROFILES=front
DIRECT_PORT=0
TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16
END
}

# Takes out what turn_front_on wrote, and nothing that somebody else did. The deploy that follows removes the proxy.
turn_front_off() {
    grep -qs '^COMPOSE_PROFILES=front$' "$root/.env" || return 0 # off already, or somebody's choice
    say "→ taking front out of .env: app holds the port from now on"
    sed -i '/^COMPOSE_PROFILES=front$/d; /^DIRECT_PORT=0$/d; \|^TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16$|d' "$root/.env"
}
