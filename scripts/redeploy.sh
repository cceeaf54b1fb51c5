#!/usr/bin/env bash
# Builds the images, starts what changed, shows the services and asks app for its health, headers shown.
#
# usage: scripts/redeploy.sh [--front | --no-front] [OPTION...]
# --front has a proxy hold the port from now on, so that no request fails; --no-front gives the port back to app. The
# port changes its holder once, which is seen; where the deploy fails all stays as it was. Other options: see selfheal
# redeploy --help.
# Ends with a non-zero status that says which step failed. Settings from the environment: see scripts/watchdog.sh.
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/build.sh"
source "$root/scripts/lib/project.sh"
source "$root/scripts/lib/front.sh"
help_if_asked "$@"

cd "$root" # paths in the settings count from here, wherever this was called
ensure_selfheal
front='' use=deploy words=()
for word; do
    case $word in
        --front) front=on ;;
        --no-front) front=off ;;
        --dry-run) use=plan ;;
        --recover | --help | -h) use=other ;;
    esac
    [[ $word == --no-front ]] || words+=("$word")
done
COMMIT=${COMMIT:-$(source_commit)}
export COMMIT

undo=''
case $use,$front in
    deploy,on)
        front_is_settled || undo=turn_front_off
        turn_front_on
        ;;
    deploy,off)
        ! front_is_ours || undo=turn_front_on
        turn_front_off
        ;;
    # The environment goes before .env.
    plan,on) front_is_settled || export "${front_settings[@]}" ;;
    plan,off) ! front_is_ours || export "${front_settings[@]/%=*/=}" ;;
esac
[[ -n $undo ]] || exec "$selfheal_binary" redeploy "${words[@]}"

# A deploy that fails leaves the port with its holder, and so it leaves .env. It is signalled as if it were all there is;
# what runs in the background ignores SIGINT unless told otherwise.
(trap - INT && exec "$selfheal_binary" redeploy "${words[@]}") <&0 &
deploy=$!
trap 'kill -INT "$deploy" || true' INT
trap 'kill -TERM "$deploy" || true' TERM
while kill -0 "$deploy" 2>/dev/null; do wait "$deploy" || true; done
status=0
wait "$deploy" || status=$?
[[ $status == 0 || $status == 13 ]] || "$undo"
exit "$status"
