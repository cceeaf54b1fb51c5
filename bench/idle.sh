#!/usr/bin/env bash
# Measures what the watchdog costs while all is well, beside the shell loop (docker inspect, docker exec curl, every
# 30 s) that people write instead; and how many requests the backend answers, beside nginx with a fixed answer. Peers
# take turns in the same run, so that the ratios hold whatever else this machine does.
#
# usage: bench/idle.sh [ROUNDS [SECONDS]]
#   ROUNDS   3 by default
#   SECONDS  how long each watcher is watched in a round, 120 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

cd "$root"
need_packages "the measurement and its peer" wrk nginx-light
results=$root/.selfheal/bench/idle.tsv
measure idle-bench IdleBench "$results" BENCH_IDLE_RESULTS="$results" BENCH_RUNS="${1:-3}" BENCH_SECONDS="${2:-120}"

# middle WHAT COLUMN: the median of a measurement.
middle() { awk -F'\t' -v what="$1" -v column="$2" '$1 == what { print $column }' "$results" | median; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

echo "| watching a healthy project | CPU, % of a core | ratio | resident, MB | wake-ups/s |"
echo "| --- | --- | --- | --- | --- |"
loop=$(middle "shell loop" 3)
for what in "selfheal watch" "shell loop"; do
    printf '| %s | %s | %s | %.1f | %s |\n' "$what" "$(middle "$what" 3)" "$(ratio "$(middle "$what" 3)" "$loop")" \
        "$(ratio "$(middle "$what" 4)" 1000)" "$(middle "$what" 5)"
done
echo
echo "| serving, 32 connections | requests/s | ratio |"
echo "| --- | --- | --- |"
peer=$(middle nginx 3)
for what in nginx /health/live /health/internal /health; do
    printf '| %s | %.0f | %s |\n' "$what" "$(middle "$what" 3)" "$(ratio "$(middle "$what" 3)" "$peer")"
done
say "medians; the loop's CPU is its own processes', what it makes the engine do comes on top; raw data: $results"
