#!/bin/bash
# Does what the official image's entry point does in what a project relies on: makes the cluster, its superuser and its
# database on the first start, then becomes the server.
set -euo pipefail

[[ ${1:-} != -* ]] || set -- postgres "$@"
[[ ${1:-} == postgres ]] || exec "$@"

if ((EUID == 0)); then
    install -d -m 700 -o postgres -g postgres "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres {} +
    # setpriv replaces this process, so that the server is process 1 and gets the signals itself.
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    [[ -n ${POSTGRES_PASSWORD:-} ]] || { echo >&2 "error: POSTGRES_PASSWORD must be set for a new database"; exit 1; }
    user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    # Made aside and moved into place, so that an initialisation that was cut off can be told from anybody's data.
    fresh=$PGDATA/.fresh
    [[ ! -e $fresh ]] || find "$PGDATA" -mindepth 1 -delete
    [[ -z $(ls -A "$PGDATA") ]] || { echo >&2 "error: $PGDATA holds something that is not a database"; exit 1; }
    initdb --pgdata="$fresh" --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256
    echo "host all all all scram-sha-256" >>"$fresh/pg_hba.conf"
    sed -i "s/^#listen_addresses.*/listen_addresses = '*'/" "$fresh/postgresql.conf"
    # Reachable only from in here until the database exists: a client must not find half of it.
    pg_ctl --pgdata="$fresh" --options="-c listen_addresses=''" --wait start
    if [[ $database != postgres ]]; then
        psql -v ON_ERROR_STOP=1 -v name="$database" --username="$user" --dbname=postgres <<<'CREATE DATABASE :"name";'
    fi
    pg_ctl --pgdata="$fresh" --mode=fast --wait stop
    # PG_VERSION moves last: it is what the test above looks at.
    find "$fresh" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
    mv "$fresh/PG_VERSION" "$PGDATA/"
    rmdir "$fresh"
fi
exec "$@"
