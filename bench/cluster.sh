# shellcheck shell=bash
# A PostgreSQL of a bench's own, which waits for the disk as a real one does, and the backend on it. Both end, and their
# folder goes, with the bench.

postgres=/usr/lib/postgresql/15/bin
folder=$(mktemp -d /tmp/bench-XXXXXX)
as_postgres=()
[[ $(id -u) != 0 ]] || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

end_cluster() {
    local job
    for job in $(jobs -p); do kill -TERM "$job" 2>/dev/null || true; done
    [[ ! -f $folder/data/postmaster.pid ]] || kill -INT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null || true
    wait || true
    rm -rf "$folder"
}

# Sets `database` to its address. It listens on a socket in the folder alone, but for the backend on loopback.
start_cluster() {
    local port
    need_packages "to measure" postgresql-15 jq
    trap end_cluster EXIT
    port=$(free_port)
    [[ $(id -u) != 0 ]] || chown postgres "$folder"
    "${as_postgres[@]}" "$postgres/initdb" -D "$folder/data" -U bench -A trust --locale=C --encoding=UTF8 >/dev/null
    "${as_postgres[@]}" "$postgres/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 \
        -c max_connections=400 >"$folder/log" 2>&1 &
    database="postgresql://bench@127.0.0.1:$port/postgres"
    wait_for 60 "${as_postgres[@]}" "$postgres/pg_isready" -q -d "$database"
}

# serve PROGRAM: runs the backend on the cluster at `app_port`, with secrets that nothing else has.
serve() {
    app_port=$(free_port)
    NODE_ENV=production PORT=$app_port DATABASE_URL=$database TRUSTED_PROXIES=127.0.0.1 \
        ACCESS_TOKEN_SECRET=$(openssl rand -hex 32) REFRESH_TOKEN_SECRET=$(openssl rand -hex 32) \
        SUPABASE_URL=http://localhost SUPABASE_SERVICE_KEY=none "$1" >"$folder/app.log" 2>&1 &
    wait_for 60 curl -fs -o "$folder/health" "http://127.0.0.1:$app_port/health/internal"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < deadline)) || die "$2 does not succeed" "the logs are in $folder"
        sleep 0.1
    done
}
