# shellcheck shell=bash
# What the benches share. They measure with the kit of the live tests (Tests/Live), so they break and watch real
# projects as the tests do.

source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
source "$root/scripts/lib/build.sh"

# measure NAME SUITE RESULTS VARIABLE=VALUE...: runs a suite of Tests/Live that is skipped otherwise.
measure() {
    local suite=$2 results=$3 image
    ensure_selfheal
    for image in gammonguru-app:test gammonguru-app:faults; do
        docker image inspect "$image" >/dev/null 2>&1 || die "there is no image $image" "scripts/test.sh builds it"
    done
    mkdir -p "$(dirname "$results")"
    : >"$results"
    step "building the measurement" quietly swift build --build-tests
    step "measuring ($1)" env SELFHEAL_BIN="$selfheal_binary" "${@:4}" \
        swift test --skip-build --filter "Live\\.$suite" >"$results.log" 2>&1 ||
        die "the measurement failed: $(grep -m 3 -A 3 '^✘' "$results.log")" "its output: $results.log"
    [[ -s $results ]] || die "nothing was measured" "its output: $results.log"
}

# The upper median of the numbers on stdin.
median() { sort -n | awk '{ n[NR] = $1 } END { print n[int(NR / 2) + 1] }'; }

middle_and_most() { sort -n | awk '{ n[NR] = $1 } END { printf "%.2f / %.2f", n[int(NR / 2) + 1], n[NR] }'; }
