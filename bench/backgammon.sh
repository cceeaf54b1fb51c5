#!/usr/bin/env bash
# Prints the time to generate all legal plays, per position of random games (median and p99), and how many allocations
# that takes once a list of plays has grown (fails unless none).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clang -O2 -c -o "$work/count.o" "$root/bench/backgammon/count.c"
swiftc -O -wmo -import-objc-header "$root/bench/backgammon/count.h" -o "$work/bench" "$work/count.o" \
    "$root"/Sources/Backgammon/*.swift "$root/Sources/Support/SplitMix64.swift" "$root/bench/backgammon/main.swift"
"$work/bench"
