#!/usr/bin/env bash
# Measures the backend as it is shipped, side by side with peers that do the same query: requests a second and the 99th
# percentile of /health/internal and /health beside Go, Node and nginx's static answer; WebSocket messages and the memory
# of 10 000 idle connections beside Python's websockets and picows; and how fast the process listens.
#
# usage: bench/backend.sh [ROUNDS [IMAGE]]
#   ROUNDS  3 by default
#   IMAGE   whose program is measured, gammonguru-app:test by default
set -euo pipefail
source "$(dirname "$0")/lib.sh"
help_if_asked "$@"

cd "$root"
need_packages "the measurement and its peers" "${build_packages[@]}" postgresql-15 wrk nginx-light golang-go \
    golang-github-lib-pq-dev python3-venv
command -v node >/dev/null || need_packages "the peer in Node" nodejs
image=${2:-gammonguru-app:test}
docker image inspect "$image" >/dev/null 2>&1 || die "there is no image $image" "scripts/test.sh builds it"
tools=$root/.selfheal/bench/backend
mkdir -p "$tools"

# Debian's pg for Node, taken apart here, as it would want Debian's Node where there may be another.
pg_for_node() (
    set -e
    mkdir -p "$tools/node"
    cd "$tools/node"
    apt-get download node-pg node-xtend node-split2 node-readable-stream
    for package in *.deb; do dpkg -x "$package" .; done
)

peers() {
    # lib/pq as Debian has it, which is a GOPATH and no module.
    GO111MODULE=off GOPATH=/usr/share/gocode go build -o "$tools/peer" bench/backend/peer.go &&
        GO111MODULE=off go build -o "$tools/sockets" bench/backend/sockets.go &&
        { [[ -d $tools/node/usr/share/nodejs/pg ]] || pg_for_node; } &&
        { [[ -x $tools/venv/bin/python ]] || python3 -m venv "$tools/venv"; } &&
        "$tools/venv/bin/pip" install --quiet websockets picows uvloop
}

shipped() {
    local container
    container=$(docker create "$image") &&
        docker cp "$container:/usr/local/bin/gammonguru" "$tools/gammonguru" && docker rm "$container"
}

step "building the peers" quietly peers || die "the peers do not build" "the last lines are above"
step "taking the program out of $image" quietly shipped || die "$image holds no gammonguru" "scripts/test.sh builds it"
step "measuring" python3 bench/backend/measure.py "$tools" "$tools/gammonguru" "${1:-3}"
