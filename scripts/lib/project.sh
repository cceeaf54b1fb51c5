# shellcheck shell=bash
# This checkout as a Compose project: its name, and its local settings and secrets.

# Asked of Compose, which knows about COMPOSE_PROJECT_NAME and what a folder's name becomes.
project_name() { docker compose -f "$root/docker-compose.dev.yml" config --no-interpolate | sed -n 's/^name: //p'; }

# Made once, and kept out of git.
ensure_env() {
    local file=$root/.env draft=$root/.selfheal/env.draft
    [[ -e $file ]] && return
    # A database keeps the password it was made with: with a new one nobody could open it.
    local volume
    volume=$(project_name)_db-data
    ! docker volume inspect "$volume" >/dev/null 2>&1 || die "there is a database here (volume $volume) but no .env with its password" \
        "bring that .env back, or remove the database for good: bash scripts/down.sh --purge"
    say "→ writing .env with generated local secrets (mode 0600, ignored by git)"
    mkdir -p "$root/.selfheal"
    (
        umask 077
        cat >"$draft" <<END
NODE_ENV=development
PORT=3000
APP_PORT=${APP_PORT:-3000}
PGUSER=gammonguru
PGPASSWORD=$(random_hex)
PGDATABASE=gammonguru
ACCESS_TOKEN_SECRET=$(random_hex)
REFRESH_TOKEN_SECRET=$(random_hex)
SUPABASE_URL=http://localhost:54321
SUPABASE_SERVICE_KEY=$(random_hex)
END
    )
    mv -n "$draft" "$file" # whole or not at all, and never over one that appeared meanwhile
}

# The port that app is published on must be one that nobody else has. One chosen by APP_PORT in the environment is kept
# in .env: without it there the next `up` or redeploy would go back to the old port.
ensure_port() {
    local file=$root/.env kept port owner= project=
    kept=$(sed -n 's/^APP_PORT=//p' "$file")
    port=${APP_PORT:-${kept:-3000}}
    [[ $port =~ ^[0-9]{1,5}$ ]] || die "APP_PORT is no port number" "for example: APP_PORT=3001 bash scripts/up.sh"
    read -r owner project < <(docker ps --filter "publish=$port" \
        --format '{{.Names}} {{.Label "com.docker.compose.project"}}') || true
    if [[ $project != "$(project_name)" ]] && timeout 2 bash -c ": <>/dev/tcp/127.0.0.1/$port" 2>/dev/null; then
        die "port $port is taken, by ${owner:-a program that is no container}" \
            "choose a free one: APP_PORT=$((port + 1)) bash scripts/up.sh"
    fi
    [[ $port != "$kept" ]] || return 0
    sed -i '/^APP_PORT=/d' "$file"
    echo "APP_PORT=$port" >>"$file"
}

# 32 bytes from the kernel, in characters that need no quoting anywhere.
random_hex() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
