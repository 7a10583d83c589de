#!/usr/bin/env bash
# All that CI runs, cheapest first; stops at the first failure, with its exit code.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
swift="${SWIFT:-swift}"

step "What must be installed"
scripts/swift-version.sh
scripts/deps.sh build test bench

step "Layout"
"$swift" format lint --strict --recursive --parallel Sources Tests Package.swift

step "Build"
"$swift" build --build-tests

step "The story, once"
.build/debug/dues demo --once

step "Tests from inside: swift test"
scripts/inside.sh

# Apart: they keep every core busy, and the tests above wait for answers that have a time limit.
step "Simulated lives, and spoiled input"
"$swift" test --skip-build --parallel --filter 'SimulationTests|FuzzTests'

step "Tests from outside: pytest"
scripts/outside.sh

# Ratios only, and wide ones: what the ledger holds must not cost, what is due must not pile up in memory.
step "Nothing has collapsed"
DUES_BINARY=.build/debug/dues scripts/bench.sh --small --only 4,5,8 --rounds 3

scripts/contract-said.sh
