#!/usr/bin/env bash
# The tests from outside: the built program, used as people and programs use it. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/venv.sh
.venv/bin/python -m pytest --config-file Tests/Outside/pytest.ini --rootdir Tests/Outside "${@:-Tests/Outside}"
