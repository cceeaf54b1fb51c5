# shellcheck shell=bash
# The stages of scripts/test.sh: each says what it is and how long it took; the tests of all of them are counted. What
# failed is told again at the end: the output of half an hour hides it.

passed=0 failed=0 status=0 timings=() failures=()

# stage NAME COMMAND...: a check. When it fails the others still run, and it counts as one failure.
stage() {
    timed "$@"
    ((status == 0)) || failed=$((failed + 1))
}

# must NAME COMMAND...: a stage that the following ones build on.
must() {
    stage "$@"
    ((status == 0)) || exit 1
}

# tests NAME COMMAND...: a stage that runs tests. Their number comes from Swift Testing's own last line.
tests() {
    local log total bad
    log=$(mktemp)
    timed "$1" logged "$log" "${@:2}"
    total=$(sed -nE 's/^[^ ]+ +Test run with ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
    # The sentence that names a test may hold these words too, so it is told by how the line begins and ends.
    bad=$(grep -cE '^[^ ]+ +Test "?[^ ].* failed after [0-9.]+ seconds' "$log" || true)
    ((bad == 0)) || bad=$((bad - $(grep -cE '^[^ ]+ +Test (run|case) .* failed after [0-9.]+ seconds' "$log" || true)))
    ((status == 0)) || mapfile -t -O "${#failures[@]}" failures < <(grep -E \
        '^[^ ]+ +(Test [^r].* recorded an issue|Test [^r].* failed after |error: |.*Fatal error)' "$log" | cut -c 1-500)
    rm -f "$log"
    # A run that crashed, failed without naming a test or had none to run is a failure all the same.
    if ((bad == 0)) && ((status != 0 || ${total:-0} == 0)); then bad=1; fi
    failed=$((failed + bad))
    ((${total:-0} <= bad)) || passed=$((passed + total - bad))
}

logged() { "${@:2}" 2>&1 | tee "$1"; }

# Leaves the command's exit code in $status: as a return value it would be asked for in a condition, and bash ignores
# errexit in everything that a condition calls.
timed() {
    local began=$SECONDS
    say "== $1"
    set +e
    (set -e && "${@:2}")
    status=$?
    set -e
    timings+=("$(printf '%5d s  %s' $((SECONDS - began)) "$1")$( ((status == 0)) || echo ' (failed)')")
}

summary() {
    ((passed + failed > 0)) || failed=1 # interrupted before anything was tested
    ((${#failures[@]} == 0)) || printf '%s\n' "== what failed" "${failures[@]}" >&2
    printf '%s\n' "== time per stage" "${timings[@]}" >&2
    echo "$passed passed, $failed failed"
    ((failed == 0)) || exit 1
}
