#!/usr/bin/env bash
# The tests from outside: the built program, used as people and programs use it. Arguments go to pytest.
#
# They mostly wait, so there is one worker more than processors: `-n 0` runs them one after the other, in this process.
set -euo pipefail
cd "$(dirname "$0")/.."

workers=$(($(nproc) + 1))
if ((workers > 8)); then workers=8; fi
# The long run of test_kill.py is one long test.
if [[ -n "${DUES_KILLS:-}" ]]; then workers=0; fi

scripts/venv.sh
.venv/bin/python -m pytest --config-file Tests/Outside/pytest.ini --rootdir Tests/Outside \
  --numprocesses "$workers" "${@:-Tests/Outside}"
