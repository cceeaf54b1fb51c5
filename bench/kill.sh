#!/usr/bin/env bash
# Lets players play at full speed on a PostgreSQL of its own and kills the backend, then PostgreSQL, at random moments.
# Tells the time from each kill to the next acknowledged move, and what was lost; fails when anything was.
#
# usage: bench/kill.sh [KILLS [PLAYERS]]
#   KILLS    of each of the two, 20 by default
#   PLAYERS  100 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

cd "$root"
log=$root/.selfheal/bench/kill.log
mkdir -p "$(dirname "$log")"
step "building the measurement" quietly swift build --build-tests
step "killing" env KILLS="${1:-20}" KILL_PLAYERS="${2:-100}" \
    swift test --skip-build --no-parallel --filter 'KillTests/(backend|database)' >"$log" 2>&1 ||
    die "something was lost, or a run did not end: $(grep -m 5 -E '^(✘|fault)' "$log")" "its output: $log"
grep -A 6 '^killed' "$log"
