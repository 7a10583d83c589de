#!/usr/bin/env bash
# The long run of Tests/Outside/test_kill.py: the real process killed DUES_KILLS times (500 if not said), starved of disk and
# road, judged from outside. DUES_SEED chooses the chances, DUES_BINARY another program than .build/debug/dues.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh test
DUES_KILLS="${DUES_KILLS:-500}" scripts/outside.sh Tests/Outside/test_kill.py "$@"
