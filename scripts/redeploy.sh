#!/usr/bin/env bash
# Builds the images, starts what changed, shows the services and asks app for its health, headers shown.
#
# usage: scripts/redeploy.sh [--front] [OPTION...]
# --front has a proxy hold the port from now on, so that no request fails (the first time it takes the port over, which
# is seen). Other options: see selfheal redeploy --help.
# Ends with a non-zero status that says which step failed. Settings from the environment: see scripts/watchdog.sh.
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/build.sh"
source "$root/scripts/lib/project.sh"
source "$root/scripts/lib/front.sh"
help_if_asked "$@"

cd "$root" # paths in the settings count from here, wherever this was called
ensure_selfheal
[[ " $* " != *" --front "* ]] || turn_front_on
COMMIT=${COMMIT:-$(source_commit)}
export COMMIT
exec "$selfheal_binary" redeploy "$@"
