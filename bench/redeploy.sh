#!/usr/bin/env bash
# Measures redeploys of the product in a project of its own: the gap that clients see of a swap, and how long an undo takes.
#
# usage: bench/redeploy.sh [SWAPS [UNDOS]]      (10 and 20)
# Needs the image gammonguru-app:test (scripts/test.sh builds it; IMAGE names another one) and .selfheal/bin/selfheal
# (SELFHEAL_BIN names another one). Prints milliseconds, sorted.
set -euo pipefail
source "$(dirname "$0")/../scripts/lib/common.sh"
source "$root/scripts/lib/project.sh"
help_if_asked "$@"

selfheal=${SELFHEAL_BIN:-$root/.selfheal/bin/selfheal} image=${IMAGE:-gammonguru-app:test}
name=bench-redeploy-$$ folder=$(mktemp -d)
clean() {
    docker compose -p "$name" down --volumes --timeout 0 >/dev/null 2>&1 || true
    docker ps --all --quiet --filter "label=selfheal.keep=$name" | xargs --no-run-if-empty docker rm --volumes >/dev/null
    docker image rm --force "$name-app" selfheal/"$name"/{app,db}:keep-{1..3} >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap clean EXIT
cd "$folder"
# shellcheck disable=SC2016 # Compose expands it
sed "1i name: $name" "$root/docker-compose.dev.yml" | sed 's/interval: 30s/interval: 2s/; s/COMMIT: .*/&\n        SAYS: ${SAYS:-}/' >docker-compose.dev.yml
# shellcheck disable=SC2016 # Docker does
printf 'FROM %s\nARG COMMIT=""\nARG SAYS=""\nENV GIT_COMMIT=${SAYS:-$COMMIT}\n' "$image" >Dockerfile
(root=$folder && mkdir .selfheal && ensure_env)
APP_PORT=$((20000 + RANDOM % 10000))
export APP_PORT

deploy() { "$selfheal" redeploy --probation=1 --json 2>>deploys.log || true; }
deploy >/dev/null
for ((i = 1; i <= ${1:-10}; i++)); do COMMIT=c$i deploy | jq .gapMilliseconds; done | sort -n | xargs echo "gap ms:"
# Well, and not what was built: found by the version gate after the old one was stopped.
for ((i = 1; i <= ${2:-20}; i++)); do COMMIT=u$i SAYS=other$i deploy | jq .undoMilliseconds; done | sort -n | xargs echo "undo ms:"
