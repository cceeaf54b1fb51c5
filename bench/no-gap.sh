#!/usr/bin/env bash
# Redeploys the product again and again, in a project of its own, while players play at full speed through the published
# port and 50 requests a second ask for its health. Tells the longest times without an answer and without an acknowledged
# move, and what was lost; fails when anything was.
#
# usage: bench/no-gap.sh [DEPLOYS [PLAYERS]]      (10 and 100)
# Needs the image gammonguru-app:test (scripts/test.sh builds it; IMAGE names another one), and .selfheal/bin/selfheal
# and a release build of players (SELFHEAL_BIN and PLAYERS_BIN name others).
set -euo pipefail
source "$(dirname "$0")/../scripts/lib/common.sh"
source "$root/scripts/lib/project.sh"
help_if_asked "$@"

selfheal=${SELFHEAL_BIN:-$root/.selfheal/bin/selfheal} players=${PLAYERS_BIN:-$root/.build/release/players}
image=${IMAGE:-gammonguru-app:test} name=bench-no-gap-$$ folder=$(mktemp -d)
clean() {
    docker compose -p "$name" down --volumes --timeout 0 >/dev/null 2>&1 || true
    docker image rm --force "$name-app" selfheal/"$name"/{app,db}:keep-{1..3} >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap clean EXIT
cd "$folder"
sed "1i name: $name" "$root/docker-compose.dev.yml" | sed 's/interval: 30s/interval: 2s/' >docker-compose.dev.yml
# shellcheck disable=SC2016 # Docker expands it
printf 'FROM %s\nARG COMMIT=""\nENV GIT_COMMIT=$COMMIT\n' "$image" >Dockerfile
(root=$folder && mkdir .selfheal && ensure_env)
APP_PORT=$((20000 + RANDOM % 10000))
# The players come through the bridge.
TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16
export APP_PORT TRUSTED_PROXIES

deploy() { COMMIT=$1 "$selfheal" redeploy --probation=1 --json 2>>deploys.log || die "deploy $1: $(tail -n 3 deploys.log)"; }
deploy first >/dev/null

# They begin matches until SIGTERM.
"$players" --url "http://127.0.0.1:$APP_PORT" --players "${2:-100}" --duration 86400 --health 50 2>players.log >report &
crowd=$!
until grep -q ' [1-9][0-9]* commands' players.log; do
    kill -0 "$crowd" || die "the players do not play" "$(cat report players.log)"
    sleep 0.2
done
for ((i = 1; i <= ${1:-10}; i++)); do
    say "deploy $i: the swap took $(deploy "c$i" | jq .gapMilliseconds) ms, as the deploy itself saw it"
done
kill -TERM "$crowd"
status=0
wait "$crowd" || status=$?
cat report
((status == 0)) || die "something was lost" "see the faults above"
