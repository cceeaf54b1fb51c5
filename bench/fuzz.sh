#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers, with libFuzzer and the address sanitizer: HTTP requests (a whole server), WebSocket
# frames, players' messages, IDs of positions and matches. What is found is kept and fails; the last line of each target
# counts the inputs tried.
#
# usage: bench/fuzz.sh [SECONDS [TARGET...]]
#   SECONDS  for each target, 600 by default
#   TARGET   http, websocket, json or ids; all by default
set -euo pipefail
source "$(dirname "$0")/../scripts/lib/common.sh"
source "$root/scripts/lib/build.sh"
help_if_asked "$@"
seconds=${1:-600}
targets=("${@:2}")
((${#targets[@]} > 0)) || targets=(http websocket json ids)
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "not a number of seconds: $seconds" "see $0 --help"

cd "$root"
need_packages "to build the fuzzed program" "${build_packages[@]}" jq xxd
export GAMMONGURU_FUZZ=1
# Swift's own report of a crash would wait for a process that libFuzzer has stopped.
export SWIFT_BACKTRACE=enable=no
# What a server still works at when an input is through, or when the time is over, would be called a leak.
export ASAN_OPTIONS=detect_leaks=0
runtime=$(swiftc -print-target-info | jq -r .paths.runtimeResourcePath)/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
[[ -f $runtime ]] || die "this Swift comes without libFuzzer ($runtime)" "take a toolchain of swift.org for Linux"
# Debug builds keep the checks for overflow and preconditions, and let internals be imported.
options=(--scratch-path .build/fuzz --product fuzz --sanitize address
    -Xswiftc "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"
    -Xlinker "$runtime")
step "building with the address sanitizer" quietly swift build "${options[@]}" ||
    die "the fuzzed program does not build" "its last lines are above"
fuzz=$(swift build "${options[@]}" --show-bin-path)/fuzz

failed=0
for target in "${targets[@]}"; do
    folder=$root/.selfheal/fuzz/$target
    mkdir -p "$folder/corpus" "$folder/seeds"
    # Frames are no text: they are kept in hexadecimal.
    for seed in "Tests/Fuzz/Seeds/$target"/*; do
        case $seed in
            *.hex) xxd -revert -plain "$seed" "$folder/seeds/$(basename "$seed" .hex)" ;;
            *) cp "$seed" "$folder/seeds/" ;;
        esac
    done
    "$fuzz" "$target" "$folder/corpus" "$folder/seeds" -max_total_time="$seconds" -timeout=120 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="$folder/" </dev/null >"$folder/log" 2>&1 || {
        failed=1
        say "$target: found something: $(grep -m 1 -hE 'Fatal error|ERROR|SUMMARY' "$folder/log")" \
            "(its input is beside $folder/log)"
    }
    echo "$target: $(awk '/number_of_executed_units/ { print $2 }' "$folder/log") inputs in $seconds s"
done
exit "$failed"
