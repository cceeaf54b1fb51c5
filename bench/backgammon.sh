#!/usr/bin/env bash
# Prints the time to generate all legal plays, per position of random games (median and p99).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
swiftc -O -wmo -o "$work/bench" "$root"/Sources/Backgammon/*.swift "$root/Tests/BackgammonTests/SplitMix64.swift" \
    "$root/bench/backgammon/main.swift"
"$work/bench"
