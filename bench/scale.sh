#!/usr/bin/env bash
# Measures what the watchdog costs with 1, 10, 100 and 1000 containers, all healthy and each probed every 10 s, against a
# fake engine (bench/scale/fake_engine.py), which speaks the real API over a real unix socket: a thousand real containers
# would measure the engine. Fails when a thousand cost 5 % of a core or 64 MB, or when the costs grow faster than they do.
#
# usage: bench/scale.sh [SECONDS [COUNT...]]
#   SECONDS  how long each is measured, 60 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

seconds=${1:-60}
counts=("${@:2}")
((${#counts[@]})) || counts=(1 10 100 1000)
cd "$root"
ensure_selfheal
folder=$(mktemp -d)
engine='' watchdog=''
cleanup() {
    [[ -z $watchdog ]] || kill "$watchdog" 2>/dev/null || true
    [[ -z $engine ]] || kill "$engine" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

# Processor time of a process so far, in hundredths of a second (a tick is one on Linux).
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }
probes() { cat "$folder/engine.sock.probes"; }

# measure_count COUNT: one line of the table, and the figures for the check at the end.
measure_count() {
    local count=$1 port number before after cost memory asked
    port=$((20000 + RANDOM % 20000))
    rm -f "$folder"/engine.sock*
    python3 bench/scale/fake_engine.py "$folder/engine.sock" "$count" "$port" &
    engine=$!
    {
        echo "name: scale"
        echo "services:"
        for ((number = 0; number < count; number++)); do
            printf '  s%d: { image: scale, labels: { selfheal.interval: 10s, selfheal.health-url: "http://localhost:%d/" } }\n' \
                "$number" "$port"
        done
    } >"$folder/compose.yaml"
    for _ in {1..50}; do [[ ! -S $folder/engine.sock ]] || break; sleep 0.1; done
    (cd "$folder" && exec env DOCKER_HOST="unix://$folder/engine.sock" COMPOSE_FILE=compose.yaml LOG_FILE=journal.txt \
        "$selfheal_binary" watch --all) >"$folder/out" 2>&1 &
    watchdog=$!
    for _ in {1..300}; do ! grep -qs event=watch_started "$folder/journal.txt" || break; sleep 0.1; done
    grep -qs event=watch_started "$folder/journal.txt" || die "the watchdog did not start: $(cat "$folder/out")"
    sleep 15 # the first looks, and the first proofs of images
    before=$(ticks "$watchdog") asked=$(probes)
    sleep "$seconds"
    after=$(ticks "$watchdog") asked=$(($(probes) - asked))
    memory=$(resident "$watchdog")
    cost=$(awk -v t=$((after - before)) -v s="$seconds" 'BEGIN { printf "%.3f", t / s }')
    kill "$watchdog"
    wait "$watchdog" || true
    kill "$engine"
    wait "$engine" 2>/dev/null || true
    watchdog='' engine=''
    ! grep -E 'event=(detected|action|engine_lost)' "$folder/journal.txt" || die "something was called bad, see above"
    rm -f "$folder/journal.txt"
    ((asked * 100 >= count * seconds * 8)) || die "only $asked probes of $count containers in $seconds s"
    printf '| %d | %s | %.1f | %.1f |\n' "$count" "$cost" "$(awk "BEGIN { print $memory / 1000 }")" \
        "$(awk "BEGIN { print $asked / $seconds }")"
    printf '%d %s %s\n' "$count" "$cost" "$memory" >>"$folder/figures"
}

echo "| containers | CPU, % of a core | resident, MB | probes/s |"
echo "| --- | --- | --- | --- |"
for count in "${counts[@]}"; do measure_count "$count"; done

# What one container adds must not grow with their number; half as much again is the measurement's own error.
awk '
    { if (NR > 1) { each = ($2 - cpu) / ($1 - n); if (NR > 2 && each > 1.5 * last && each * 1000 > 0.5) bad = "CPU grows faster than the containers"; last = each }
      n = $1; cpu = $2 }
    $1 >= 1000 && $2 >= 5 { bad = "5 % of a core or more" }
    $1 >= 1000 && $3 >= 64000 { bad = "64 MB or more" }
    END { if (bad) { print bad; exit 1 } }' "$folder/figures" || die "the goal is missed"
