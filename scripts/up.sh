#!/usr/bin/env bash
# From nothing to running: sets the machine up, deploys the backend and its database, and starts the watchdog.
#
# usage: scripts/up.sh
# Can be run again at any time, also after it was interrupted. APP_PORT chooses the published port (3000) and is kept
# in .env, beside the secrets that the first run makes.
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/machine.sh"
source "$root/scripts/lib/build.sh"
source "$root/scripts/lib/project.sh"
source "$root/scripts/lib/watchdog.sh"
help_if_asked "$@"
takes_no_arguments "$@"

trap 'say "interrupted; run it again to go on from here"; exit 130' INT
cd "$root"
ensure_machine
ensure_env
ensure_port
ensure_selfheal
# 13: what is wanted runs already.
status=0
bash scripts/redeploy.sh || status=$?
((status == 0 || status == 13)) || exit "$status"
start_watchdog "$selfheal_binary"

url=http://127.0.0.1:$(sed -n 's/^APP_PORT=//p' .env)
cat <<END

GammonGuru is up and watched.
  play             $url/
  public health    $url/health
  internal health  $url/health/internal
  status           .selfheal/bin/selfheal status
  journal          docker-health.txt
  logs             docker compose -f docker-compose.dev.yml logs app db --tail=200
  after a change   bash scripts/redeploy.sh
  stop             bash scripts/down.sh
END
command -v curl >/dev/null || need_packages "to ask for the health" curl
curl -fsS "$url/health"
echo
