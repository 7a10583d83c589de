#!/usr/bin/env bash
# deps.sh build [test] [bench]: the Debian packages that building, testing and measuring need.
#
# Does nothing if all are installed. On a terminal it asks before it installs; as root without a terminal, or with
# CI=true, it does not ask; otherwise it prints the line to run, and exits 1.
set -euo pipefail

for_build=(ca-certificates git libcurl4-openssl-dev libsqlite3-dev pkg-config tzdata)
for_bench=(gcc libc6-dev python3 python3-venv sqlite3)
for_tests=(chromium fonts-dejavu-core python3 python3-venv spamassassin strace)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${for_build[@]}") ;;
    test) wanted+=("${for_tests[@]}") ;;
    bench) wanted+=("${for_bench[@]}") ;;
    *) echo "deps.sh: '$set' is no set of packages; there are: build test bench" >&2; exit 64 ;;
  esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  # Not a Debian. What the compiler must find can still be looked for; the rest is the reader's to know.
  if pkg-config --exists libcurl sqlite3 2>/dev/null; then exit 0; fi
  cat >&2 <<TEXT
This is not a Debian or Ubuntu, so nothing was installed. Dues needs the headers of libcurl (with OpenSSL) and SQLite,
and pkg-config that finds them. Debian calls what is wanted here: ${wanted[*]}
TEXT
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  state="$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ "$state" == installed ]] || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
install=("${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}")

if [[ "${CI:-}" == true ]]; then
  decision=install
elif [[ -t 0 && -t 1 ]]; then
  decision=ask
elif ((EUID == 0)); then
  decision=install
else
  decision=tell
fi

if [[ "$decision" == ask ]]; then
  printf 'Dues needs these packages of the system:\n  %s\nInstall them now, by this?\n  %s\n[y/N] ' \
    "${missing[*]}" "${install[*]}"
  read -r answer || answer=""
  if [[ "$answer" =~ ^[Yy]([Ee][Ss])?$ ]]; then decision=install; else decision=tell; fi
fi
if [[ "$decision" == tell ]]; then
  printf 'Dues needs packages of the system, and nothing was installed. Run this, then make again:\n  %s\n' \
    "${install[*]}" >&2
  exit 1
fi
if ((EUID != 0)) && ! command -v sudo >/dev/null 2>&1; then
  printf 'There is no sudo here. Run this as root, then make again:\n  %s\n' "${install[*]:1}" >&2
  exit 1
fi

echo "Installing from the system's packages: ${missing[*]}"
environment=(env DEBIAN_FRONTEND=noninteractive)
"${as_root[@]}" "${environment[@]}" apt-get -o DPkg::Lock::Timeout=300 update -q
"${as_root[@]}" "${environment[@]}" apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${missing[@]}"
