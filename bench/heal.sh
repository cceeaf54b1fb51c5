#!/usr/bin/env bash
# Breaks a fresh project in each way, again and again, and measures how long it takes until that is detected, until it
# serves again and (in the first run) until it is proven healed. Ends with a table of medians and worsts in seconds.
#
# usage: bench/heal.sh [RUNS [FAULT,...]]
#   RUNS   per fault, 5 by default; each takes about half a minute
#   FAULT  frozen, spinning, hanging, sick, killed, exitsWell, exitsBadly, databaseKilled, databaseFrozen,
#          databaseFrozenWhole; all by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

cd "$root"
results=$root/.selfheal/bench/heal.tsv
measure heal-bench HealBench "$results" BENCH_RESULTS="$results" BENCH_RUNS="${1:-5}" ${2:+BENCH_FAULTS="$2"}

# row FAULT: median and worst of each time.
row() {
    local column cells=()
    for column in 3 6 7; do
        cells+=("$(awk -F'\t' -v f="$1" -v c=$column '$1 == f && $c != "-" { print $c }' "$results" | middle_and_most)")
    done
    printf '| %s | %s | %s | %s | %s |\n' "$1" "${cells[@]}" \
        "$(awk -F'\t' -v fault="$1" '$1 == fault { print $8 }' "$results" | sort -n | uniq | paste -sd,)"
}

echo "| fault | detected: median / worst | serves again | proven | restarts by the watchdog |"
echo "| --- | --- | --- | --- | --- |"
cut -f1 "$results" | uniq | while read -r fault; do row "$fault"; done
say "seconds; raw data: $results"
