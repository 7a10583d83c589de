#!/usr/bin/env bash
# Measures what must be fast (docs/BENCH.md). Wants `swift build -c release --product dues`, and for webhooks --product bench-empty.
# Arguments go to Tests/Bench/bench.py: --small, --only 1,3, --rounds 7, --large. DUES_BINARY names another program, CC another compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

dues="${DUES_BINARY:-.build/release/dues}"
if [[ ! -x "$dues" ]]; then
  echo "bench: $dues is not there; run \`make release\` first" >&2
  exit 1
fi
# Swift brings a C compiler of its own.
compiler="${CC:-$(command -v cc || command -v clang || echo cc)}"
for wanted in "$compiler" curl-config sqlite3; do
  if ! command -v "$wanted" >/dev/null; then
    echo "bench: $wanted is missing (Debian: gcc, libcurl4-openssl-dev, sqlite3)" >&2
    exit 1
  fi
done
scripts/venv.sh

tools=.build/bench
peer=Tests/Bench/peer
mkdir -p "$tools"
compile() { "$compiler" -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -o "$tools/$1" "${@:2}"; }
read -ra curl <<<"$(curl-config --cflags --libs | tr '\n' ' ')"
compile canned "$peer/canned.c" "$peer/stripe.c" "$peer/answers.c"
compile bare "$peer/bare.c" "${curl[@]}"
compile load "$peer/load.c"
compile measure "$peer/measure.c"
if [[ -x .build/release/bench-empty ]]; then cp .build/release/bench-empty "$tools/empty"; fi

# The program as it is now, whatever is built meanwhile; its ledgers on the disk that the build is on.
cp "$dues" "$tools/dues"
PYTHONDONTWRITEBYTECODE=1 .venv/bin/python Tests/Bench/bench.py \
  --dues "$tools/dues" --tools "$tools" --work "$tools/work" --json "$tools/bench.json" "$@"
