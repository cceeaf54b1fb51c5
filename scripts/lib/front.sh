# shellcheck shell=bash
# The proxy of front/, which holds the port so that nobody sees a deploy.

# What is in .env while it does, where Compose itself reads it: from then on every command means the same project. The
# proxy comes from one of the networks that Docker gives out, and its word on who the client is counts.
front_settings=(COMPOSE_PROFILES=front DIRECT_PORT=0 "TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16")

# On already, or somebody chose profiles of his own: selfheal says if front is not among them.
front_is_settled() { grep -qs '^COMPOSE_PROFILES=' "$root/.env"; }

# Turned on by turn_front_on.
front_is_ours() { grep -qs '^COMPOSE_PROFILES=front$' "$root/.env"; }

turn_front_on() {
    ensure_env
    ! front_is_settled || return 0
    say "→ writing to .env that front holds the port from now on (--no-front turns that off)"
    printf '%s\n' "${front_settings[@]}" >>"$root/.env"
}

# Takes out what turn_front_on wrote, and nothing that somebody else did. The deploy that follows removes the proxy.
turn_front_off() {
    front_is_ours || return 0
    say "→ taking front out of .env: app holds the port from now on"
    local setting
    for setting in "${front_settings[@]}"; do sed -i "\\|^$setting\$|d" "$root/.env"; done
}
