#!/usr/bin/env bash
# How many moves a second the backend acknowledges, each after its commit, side by side with pgbench committing one small
# insert per transaction, in turn on the same PostgreSQL, which waits for the disk. Ends with the medians and their ratio.
#
# Of two players one waits for the other at any moment. So pgbench's CLIENTS connections, each with a transaction under way,
# stand beside twice as many players, who have CLIENTS commands under way. The same number of players, with half as many
# commands under way, is measured and told, too.
#
# usage: bench/durable-moves.sh [ROUNDS [CLIENTS [SECONDS]]]
#   ROUNDS   3 by default
#   CLIENTS  connections of pgbench, 100 by default
#   SECONDS  of each measurement, 10 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$root/bench/cluster.sh"
help_if_asked "$@"

cd "$root"
rounds=${1:-3} clients=${2:-100} seconds=${3:-10}
step "building the backend" quietly swift build -c release --product gammonguru
step "building the players" quietly swift build -c release --product players
programs=$(swift build -c release --show-bin-path)
start_cluster
serve "$programs/gammonguru"
"${as_postgres[@]}" "$postgres/psql" -q "$database" -c 'create table bench_moves (id bigserial primary key, client int, text text)'

# players NUMBER
players() {
    "$programs/players" --url "http://127.0.0.1:$app_port" --players "$1" --duration "$seconds" --json \
        2>/dev/null | jq -e 'if .ok then .perSecond else error("faults: \(.faults)") end'
}

pgbench() {
    "${as_postgres[@]}" "$postgres/pgbench" --no-vacuum --protocol=prepared --client="$clients" --jobs=2 \
        --time="$seconds" --file="$root/bench/insert.sql" "$database" 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

for ((round = 1; round <= rounds; round++)); do
    players $((2 * clients)) >>"$folder/moves"
    players "$clients" >>"$folder/moves-of-half"
    pgbench >>"$folder/inserts"
    say "round $round: $(tail -n 1 "$folder/moves") moves/s, $(tail -n 1 "$folder/moves-of-half") with half as many" \
        "players, $(tail -n 1 "$folder/inserts") inserts/s"
done
awk -v moves="$(median <"$folder/moves")" -v half="$(median <"$folder/moves-of-half")" \
    -v inserts="$(median <"$folder/inserts")" -v clients="$clients" 'BEGIN {
    printf "pgbench with %d clients: %.0f inserts/s\n", clients, inserts
    printf "%d players, %d commands under way: %.0f durable moves/s, %.2f of it\n", \
        2 * clients, clients, moves, moves / inserts
    printf "%d players, %d commands under way: %.0f durable moves/s, %.2f of it\n", \
        clients, clients / 2, half, half / inserts }'
