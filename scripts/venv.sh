#!/usr/bin/env bash
# Makes .venv with what Tests/Outside/requirements.txt pins, once; again when that file has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Tests/Outside/requirements.txt
stamp=.venv/installed-requirements.txt
if [[ -x .venv/bin/python ]] && cmp -s "$requirements" "$stamp"; then exit 0; fi

# A Python of the user's own may lack venv; Debian's has it by python3-venv.
python=""
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python="$candidate"
    break
  fi
done
if [[ -z "$python" ]]; then
  echo "The tests from outside need Python 3.11 or newer with venv (Debian: python3 and python3-venv)." >&2
  exit 1
fi
echo "Making .venv for the tests from outside"
"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
cp "$requirements" "$stamp"
