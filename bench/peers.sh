#!/usr/bin/env bash
# Breaks the same project under five watchers at the same time, side by side on this machine: plain Docker, a polling
# script with the contract's settings (30 s, 5 s, 3 retries), Monit, a Swarm service (one node, on an engine of its own)
# and selfheal. Ends with tables: when each acts, when it serves again, restarts, and what it costs while all is well.
#
# usage: bench/peers.sh [FAULT,... [IDLE-SECONDS]]
#   FAULT         frozen, 503, killed, database-frozen; all by default, each takes two to five minutes, and five
#                 minutes pass before the first
#   IDLE-SECONDS  how long the cost is measured, 120 by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

cd "$root"
image=${PEERS_IMAGE:-gammonguru-app:faults}
docker image inspect "$image" >/dev/null 2>&1 || die "there is no image $image" "scripts/test.sh builds it"
need_packages "the peers" monit socat iproute2 curl python3
ensure_selfheal
python3 "$root/bench/peers/measure.py" "$root" "$selfheal_binary" "$image" "${2:-120}" "${1:-frozen,503,killed,database-frozen}"
