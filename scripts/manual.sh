#!/usr/bin/env bash
# Writes the man page and the shells' completions into .build/manual, from what the program says of itself.
set -euo pipefail
cd "$(dirname "$0")/.."

binary="${BINARY:-.build/release/dues}"
out=.build/manual
parser=.build/checkouts/swift-argument-parser
if [[ ! -x "$binary" ]]; then
  echo "There is no $binary yet: run 'make release' first." >&2
  exit 1
fi

# The parser's own tool. It is no product of that package, so that it is built there and not here.
"${SWIFT:-swift}" build --package-path "$parser" --scratch-path .build/manual-tool --product generate-manual
mkdir -p "$out"
date="$(git log -1 --format=%cs 2>/dev/null || date -u +%F)"
.build/manual-tool/debug/generate-manual "$binary" --date "$date" --output-directory "$out"
for shell in bash zsh fish; do
  "$binary" --generate-completion-script "$shell" >"$out/dues.$shell"
done
