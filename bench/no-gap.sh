#!/usr/bin/env bash
# Redeploys the product again and again, in a project of its own, while players play at full speed through the published
# port and 50 requests a second ask for its health. Tells how many requests failed, the longest times without an answer and
# without an acknowledged move, the moves that were lost and the clients that came back. Fails when a move was lost, when
# not all came back, and with --front when any request failed.
#
# usage: bench/no-gap.sh [--front] [DEPLOYS [PLAYERS]]      (10 and 100)
# With --front, HAProxy holds the port as front/ has it, but believes what the players say of their addresses: each stands
# for a client of his own. Needs the image gammonguru-app:test (scripts/test.sh builds it; IMAGE names another one), and
# .selfheal/bin/selfheal and a release build of players (SELFHEAL_BIN and PLAYERS_BIN name others).
set -euo pipefail
source "$(dirname "$0")/../scripts/lib/common.sh"
source "$root/scripts/lib/project.sh"
help_if_asked "$@"

front=
[[ ${1:-} != --front ]] || { front=front && shift; }
deploys=${1:-10} players=${2:-100}
selfheal=${SELFHEAL_BIN:-$root/.selfheal/bin/selfheal} program=${PLAYERS_BIN:-$root/.build/release/players}
image=${IMAGE:-gammonguru-app:test} name=bench-no-gap-$$ folder=$(mktemp -d)
clean() {
    docker compose -p "$name" down --volumes --remove-orphans --timeout 0 >/dev/null 2>&1 || true
    docker ps --all --quiet --filter "label=selfheal.keep=$name" | xargs --no-run-if-empty docker rm --volumes >/dev/null
    docker image rm --force "$name"-{app,front} selfheal/"$name"/{app,db,front}:keep-{1..3} >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap clean EXIT
cd "$folder"
sed "1i name: $name" "$root/docker-compose.dev.yml" | sed 's/interval: 30s/interval: 2s/' >docker-compose.dev.yml
# shellcheck disable=SC2016 # Docker expands it
printf 'FROM %s\nARG COMMIT=""\nENV GIT_COMMIT=$COMMIT\n' "$image" >Dockerfile
mkdir front .selfheal
cp "$root"/front/* front
sed -i '/set-header X-Forwarded-For/d' front/haproxy.cfg
(root=$folder && ensure_env)
APP_PORT=$((20000 + RANDOM % 10000))
# The players and the proxy come through the bridge.
TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16
export APP_PORT TRUSTED_PROXIES
[[ -z $front ]] || export COMPOSE_PROFILES=front DIRECT_PORT=0

deploy() {
    COMMIT=$1 "$selfheal" redeploy --probation=1 --json ${front:+--front} 2>>deploys.log ||
        die "deploy $1: $(tail -n 3 deploys.log)"
}
deploy first >/dev/null

# They begin matches until SIGTERM.
"$program" --url "http://127.0.0.1:$APP_PORT" --players "$players" --duration 86400 --health 50 --json 2>players.log >report &
crowd=$!
until grep -q ' [1-9][0-9]* commands' players.log; do
    kill -0 "$crowd" || die "the players do not play" "$(cat report players.log)"
    sleep 0.2
done
for ((i = 1; i <= deploys; i++)); do
    say "deploy $i: the swap took $(deploy "c$i" | jq .gapMilliseconds) ms, as the deploy itself saw it"
done
kill -TERM "$crowd"
status=0
wait "$crowd" || status=$?
jq --raw-output '
    "requests: \(.health.failed) of \(.health.asked) failed, longest time without a good answer \(.health.longestPauseMs) ms",
    "moves: \(.acknowledged) acknowledged, \(.lost) lost, \(.duplicated) carried out twice, longest time without one \(.longestPauseMs) ms",
    "clients: \(.connectionsLost) connections lost, \(.outagesOfPlayers.count) times one of them went on" +
        (if .outagesOfPlayers.count > 0 then ", median after \(.outagesOfPlayers.medianMs) ms, at worst \(.outagesOfPlayers.worstMs) ms" else "" end),
    "games: \(.gamesOver) of \(.gamesBegun) played to their end", (.faults[] | "fault: \(.)")' report
((status == 0)) || die "something was lost" "see the faults above"
[[ -z $front ]] || jq --exit-status '.health.failed == 0' report >/dev/null || die "requests failed behind the front"
