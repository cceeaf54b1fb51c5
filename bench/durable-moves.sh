#!/usr/bin/env bash
# How many moves a second the backend acknowledges, each after its commit, side by side with pgbench committing one small
# insert per transaction, in turn on the same PostgreSQL, which waits for the disk. Ends with the medians and their ratios.
#
# A client of pgbench has a transaction under way at any moment. A player who plays one match waits for his opponent half
# of the time; so each plays four at once over his one connection, and has one command under way in all of them. In the
# second line twice as many players play one match each. Matches go to five points, so that moves are measured and not
# the making of games. pgbench speaks the simple protocol unless it is told otherwise; it is measured that way, and with
# prepared statements, which is the faster way.
#
# usage: bench/durable-moves.sh [ROUNDS [CLIENTS [SECONDS]]]
#   ROUNDS   3 by default
#   CLIENTS  connections of pgbench, and players, 100 by default
#   SECONDS  of each measurement, 10 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$root/bench/cluster.sh"
help_if_asked "$@"

cd "$root"
rounds=${1:-3} clients=${2:-100} seconds=${3:-10}
# Linked as in the image.
options=(-c release --static-swift-stdlib)
step "building the backend" quietly swift build "${options[@]}" --product gammonguru
step "building the players" quietly swift build "${options[@]}" --product players
programs=$(swift build "${options[@]}" --show-bin-path)
start_cluster
serve "$programs/gammonguru"
"${as_postgres[@]}" "$postgres/psql" -q "$database" -c 'create table bench_moves (id bigserial primary key, client int, text text)'

# players NUMBER TABLES
players() {
    "$programs/players" --url "http://127.0.0.1:$app_port" --players "$1" --tables "$2" --match 5 \
        --duration "$seconds" --json 2>/dev/null |
        jq -e 'if .ok then .perSecond else error("faults: \(.faults)") end'
}

# pgbench PROTOCOL
pgbench() {
    "${as_postgres[@]}" "$postgres/pgbench" --no-vacuum --protocol="$1" --client="$clients" --jobs=2 \
        --time="$seconds" --file="$root/bench/insert.sql" "$database" 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

for ((round = 1; round <= rounds; round++)); do
    players "$clients" 4 >>"$folder/four"
    pgbench simple >>"$folder/simple"
    players $((2 * clients)) 1 >>"$folder/one"
    pgbench prepared >>"$folder/prepared"
    say "round $round: $(tail -n 1 "$folder/four") moves/s at four tables, $(tail -n 1 "$folder/one") at one;" \
        "pgbench $(tail -n 1 "$folder/simple") inserts/s, prepared $(tail -n 1 "$folder/prepared")"
done
awk -v four="$(median <"$folder/four")" -v one="$(median <"$folder/one")" -v simple="$(median <"$folder/simple")" \
    -v prepared="$(median <"$folder/prepared")" -v clients="$clients" 'BEGIN {
    printf "pgbench with %d clients: %.0f inserts/s, %.0f with prepared statements\n", clients, simple, prepared
    told = "%d players at %s: %.0f durable moves/s, %.2f of pgbench, %.2f of it with prepared statements\n"
    printf told, clients, "four tables each", four, four / simple, four / prepared
    printf told, 2 * clients, "one table each", one, one / simple, one / prepared }'
