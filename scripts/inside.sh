#!/usr/bin/env bash
# The tests from inside (swift test), without simulated lives and spoiled input.
set -euo pipefail
cd "$(dirname "$0")/.."

swift="${SWIFT:-swift}"

# Each test has a ledger of its own with some files open, and all of a step would begin at once.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-32}"
files="$(ulimit -Sn)"
if [[ $files != unlimited ]] && ((files < 4096)); then
  ulimit -Sn 4096 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"
fi
TMPDIR="$(mktemp -d)"
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# What waits for sockets and processes first, apart from what takes all the processors.
"$swift" test --skip-build --parallel --filter 'TransportTests|MerchantCommandTests'
"$swift" test --skip-build --parallel --filter 'WebTests|ServerTests'
"$swift" test --skip-build --parallel \
  --skip 'WebTests|ServerTests|TransportTests|MerchantCommandTests|SimulationTests|FuzzTests'
