#!/usr/bin/env bash
# Stops the watchdog and the services. The data stays.
#
# usage: scripts/down.sh [--purge [--yes]]
#   --purge  also removes the database's volume, after asking
#   --yes    takes the answer for granted
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/engine.sh"
source "$root/scripts/lib/project.sh"
source "$root/scripts/lib/watchdog.sh"
help_if_asked "$@"

purge=false yes=false
for option in "$@"; do
    case $option in
        --purge) purge=true ;;
        --yes) yes=true ;;
        *) die "unknown option: $option" "see scripts/down.sh --help" ;;
    esac
done

docker compose version >/dev/null 2>&1 || die "Docker has no Compose for this user" \
    "run this as the user who ran scripts/up.sh"
# By name, not by file, so that it needs no .env.
down=(docker compose -p "$(project_name)" down)
if $purge; then
    if ! $yes; then
        [[ -t 0 ]] || die "--purge removes all accounts and games for good" "to do that without a terminal, add --yes"
        read -rp "Remove the database with all accounts and games for good? [y/N] " answer
        [[ $answer == [yY]* ]] || die "nothing was removed, nothing was stopped"
    fi
    down+=(--volumes)
fi

cd "$root"
stop_watchdog
engine_answers || die "the watchdog is stopped, but the Docker Engine does not answer: nothing is known of the services" \
    "start the engine (scripts/up.sh does) and run this again"
"${down[@]}"
if $purge; then
    # What rollbacks would have gone back to: containers that never ran, and tags.
    docker ps --all --quiet --filter "label=selfheal.keep=$(project_name)" | xargs --no-run-if-empty docker rm --volumes
    docker images --format '{{.Repository}}:{{.Tag}}' "selfheal/$(project_name)/*" |
        xargs --no-run-if-empty docker image rm
fi >/dev/null
