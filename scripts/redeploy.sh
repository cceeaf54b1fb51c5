#!/usr/bin/env bash
# Builds the images, starts what changed, shows the services and asks app for its health, headers shown.
#
# usage: scripts/redeploy.sh [--front | --no-front] [OPTION...]
# --front has a proxy hold the port from now on, so that no request fails; --no-front gives the port back to app. The
# port changes its holder once, which is seen. Other options: see selfheal redeploy --help.
# Ends with a non-zero status that says which step failed. Settings from the environment: see scripts/watchdog.sh.
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/build.sh"
source "$root/scripts/lib/project.sh"
source "$root/scripts/lib/front.sh"
help_if_asked "$@"

cd "$root" # paths in the settings count from here, wherever this was called
ensure_selfheal
words=()
for word; do
    case $word in
        --front)
            turn_front_on
            words+=("$word")
            ;;
        --no-front) turn_front_off ;;
        *) words+=("$word") ;;
    esac
done
COMMIT=${COMMIT:-$(source_commit)}
export COMMIT
exec "$selfheal_binary" redeploy "${words[@]}"
