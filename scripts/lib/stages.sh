# shellcheck shell=bash
# The stages of scripts/test.sh: each says what it is and how long it took; the tests of all of them are counted.

passed=0 failed=0 timings=()

# stage NAME COMMAND...: a check. When it fails the others still run, and it counts as one failure.
stage() { timed "$@" || failed=$((failed + 1)); }

# must NAME COMMAND...: a stage that the following ones build on.
must() { timed "$@" || { failed=$((failed + 1)); exit 1; }; }

# tests NAME COMMAND...: a stage that runs tests. Their number comes from Swift Testing's own last line.
tests() {
    local log status=0 total bad
    log=$(mktemp)
    timed "$1" logged "$log" "${@:2}" || status=$?
    total=$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
    bad=$(grep -cE '^. +Test .* failed after ' <(grep -v 'Test run with\|Test case passing' "$log") || true)
    rm -f "$log"
    # A run that crashed or failed without naming a test is a failure all the same.
    ((status == 0 || bad > 0)) || bad=1
    passed=$((passed + (${total:-$bad} > bad ? ${total:-$bad} - bad : 0)))
    failed=$((failed + bad))
}

logged() { "${@:2}" 2>&1 | tee "$1"; }

timed() {
    local name=$1 began=$SECONDS status=0
    say "== $name"
    # In a subshell of its own with errexit on: a function called in a condition would go on after an error.
    (set -e; "${@:2}") & wait $! || status=$?
    timings+=("$(printf '%5d s  %s%s' $((SECONDS - began)) "$name" "$( ((status == 0)) || echo ' (failed)')")")
    return "$status"
}

# Nothing tested is a failure, whatever the exit codes were.
summary() {
    printf '%s\n' "== time per stage" "${timings[@]}" >&2
    ((passed > 0)) || failed=$((failed == 0 ? 1 : failed))
    echo "$passed passed, $failed failed"
    ((failed == 0)) || exit 1
}
