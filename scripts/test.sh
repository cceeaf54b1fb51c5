#!/usr/bin/env bash
# Sets the machine up, builds with warnings as errors, and runs every check and test. The last line counts the tests.
#
# usage: scripts/test.sh
set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
source "$root/scripts/lib/machine.sh"
source "$root/scripts/lib/browser.sh"
source "$root/scripts/lib/build.sh"
source "$root/scripts/lib/stages.sh"
help_if_asked "$@"
takes_no_arguments "$@"

cd "$root"
command -v swift >/dev/null || die "the tests need Swift on this machine" "install Swift 6.3 and run this again"
trap summary EXIT

setup() {
    ensure_machine
    need_packages "to build and test" "${build_packages[@]}" \
        shellcheck wrk curl jq xxd procps postgresql-15 gnubg gnubg-data
    ensure_browser
    ensure_selfheal
}

# The shipped image, and the same with the faults that tests switch on compiled in.
images() {
    docker build --progress=plain --tag gammonguru-app:test .
    docker build --progress=plain --tag gammonguru-app:faults --build-arg SWIFT_FLAGS="-Xswiftc -DFAULT_INJECTION" .
}

# The real program counts again: what the tests compare with is not what somebody has written.
gnubg_counts() {
    bash scripts/fixtures/gnubg-plays.sh
    git diff --exit-code -- Tests/BackgammonTests/Fixtures
}

export SELFHEAL_BIN=$selfheal_binary
must "set-up" setup
must "build" swift build --build-tests
must "images" images
stage "shellcheck" shellcheck -x -a -P .:scripts:bench scripts/*.sh scripts/fixtures/*.sh scripts/images/*/*.sh bench/*.sh .ci/run
stage "parity" "$selfheal_binary" check
stage "format" swift format lint --strict -r Sources Tests Package.swift
stage "fuzz" bash bench/fuzz.sh 20
stage "GNU Backgammon" gnubg_counts
# One after the other: side by side, tests that hold a server to its deadlines would measure each other's load.
tests "unit" swift test --skip-build --no-parallel --skip Live --skip Simulation
stage "browser" browser_test
tests "simulation" swift test --skip-build --filter Simulation
# The same stories each time: what another seed would show is for a run by hand, and no reason to stop a change.
stage "a million simulated hours" bash scripts/simulate.sh --first 1
tests "live" swift test --skip-build --filter Live
