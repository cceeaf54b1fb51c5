#!/usr/bin/env bash
# Tries the healing core in a simulated world, on all processors, until so many hours were simulated or so much time has
# passed, and checks its nine rules at each step. A fault is told with the seed that shows it again.
#
# usage: scripts/simulate.sh [--hours N] [--seconds N] [--first SEED]    (1000000, 300, the time of day)
#        scripts/simulate.sh --scenario storm|broken|month --seed N      tells that one's whole story
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"

cd "$root"
command -v swift >/dev/null || die "the simulation needs Swift on this machine" "install Swift 6.3 and run this again"
# The options of selfheal's own build, so that the core is compiled once for both.
options=(-c release --product simulate --static-swift-stdlib)
quietly swift build "${options[@]}" || die "the simulation does not build" "its last lines are above"
exec "$(swift build "${options[@]}" --show-bin-path)/simulate" "$@"
