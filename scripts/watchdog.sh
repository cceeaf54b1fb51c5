#!/usr/bin/env bash
# Watches one Compose service (app by default) and heals it, in the foreground.
#
# usage: scripts/watchdog.sh [SERVICE]
# Settings from the environment, all optional: SERVICE_NAME, HEALTH_URL, COMPOSE_FILE, INTERVAL_SECONDS, LOG_FILE.
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/build.sh"
help_if_asked "$@"

cd "$root" # paths in the settings count from here, wherever this was called
ensure_selfheal
exec "$selfheal_binary" watch "$@"
