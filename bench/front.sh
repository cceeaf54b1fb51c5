#!/usr/bin/env bash
# Measures what clients see of deploys behind a proxy: HAProxy as front/ has it, and nginx set up for the same.
#
# usage: bench/front.sh [SWAPS]      (5)
# Needs the image gammonguru-app:test (scripts/test.sh builds it; IMAGE names another one) and .selfheal/bin/selfheal
# (SELFHEAL_BIN names another one). Prints for each proxy: requests and failures at 50 requests/s while the swaps go on, the
# median latency direct and through the proxy, and the proxy's memory afterwards.
set -euo pipefail
source "$(dirname "$0")/../scripts/lib/common.sh"
source "$root/scripts/lib/project.sh"
help_if_asked "$@"

selfheal=${SELFHEAL_BIN:-$root/.selfheal/bin/selfheal} image=${IMAGE:-gammonguru-app:test} swaps=${1:-5}
folder=$(mktemp -d) name=
clean() {
    [[ -z $name ]] || docker compose -p "$name" down --volumes --timeout 0 >/dev/null 2>&1 || true
    docker ps --all --quiet --filter "label=selfheal.keep=$name" | xargs --no-run-if-empty docker rm --volumes >/dev/null
    docker image rm --force "$name"-{app,front} selfheal/"$name"/{app,db,front}:keep-{1..3} >/dev/null 2>&1 || true
}
trap 'clean; rm -rf "$folder"' EXIT

# load SECONDS URL: 50 requests/s over 10 connections; wrk's report.
load() { wrk --threads 1 --connections 10 --duration "$1s" --latency --script "$folder/pace.lua" "$2"; }
echo 'function delay() return 190 + math.random(20) end' >"$folder/pace.lua"

proxy() {
    name=bench-front-$1-$$
    # shellcheck disable=SC2031
    mkdir "$folder/$1" && cd "$folder/$1" && mkdir .selfheal && cp -r "$root/$2" front
    # shellcheck disable=SC2016 # Compose expands it
    sed "1i name: $name" "$root/docker-compose.dev.yml" | sed 's/interval: 30s/interval: 2s/' >docker-compose.dev.yml
    # shellcheck disable=SC2016 # Docker does
    printf 'FROM %s\nARG COMMIT=""\nENV GIT_COMMIT=$COMMIT\n' "$image" >Dockerfile
    # shellcheck disable=SC2030 # as meant
    (root=$PWD && ensure_env)
    export APP_PORT=$((20000 + RANDOM % 10000)) COMPOSE_PROFILES=front DIRECT_PORT=0
    local url=http://127.0.0.1:$APP_PORT/health/internal i
    COMMIT=c0 "$selfheal" redeploy --probation=1 >deploys.log 2>&1
    load $((swaps * 12)) "$url" >swaps.txt &
    for ((i = 1; i <= swaps; i++)); do COMMIT=c$i "$selfheal" redeploy --probation=1 >>deploys.log 2>&1; done
    wait $!
    load 10 "$url" >through.txt
    load 10 "http://$(docker compose -f docker-compose.dev.yml port app 3000)/health/internal" >direct.txt
    echo "$1: $(awk '/requests in/ { n = $1 } /Socket errors|Non-2xx/ { e = e " " $0 } END { print n " requests, failures:" (e ? e : " none") }' swaps.txt)"
    echo "  latency during swaps: $(awk '/ (50|99)%/ { print $1 " " $2 }' swaps.txt | xargs), undisturbed: $(awk '/ (50|99)%/ { print $1 " " $2 }' through.txt | xargs), direct: $(awk '/ (50|99)%/ { print $1 " " $2 }' direct.txt | xargs)"
    echo "  memory: $(docker stats --no-stream --format '{{.MemUsage}}' "$name-front-1")"
    clean
}

proxy haproxy front
proxy nginx bench/nginx
