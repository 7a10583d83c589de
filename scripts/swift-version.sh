#!/usr/bin/env bash
# Is there a Swift that can build Dues? If not, says how to get one. Installs nothing.
set -euo pipefail

need_major=6
need_minor=2
advice="Dues needs Swift $need_major.$need_minor or newer.
  How to install it: https://www.swift.org/install/linux/ (the tool 'swiftly', or the archive for your Debian or Ubuntu),
  then open a new shell, see that 'swift --version' answers, and run make again."

swift="${SWIFT:-swift}"
if ! command -v "$swift" >/dev/null 2>&1; then
  printf 'Swift was not found: there is no "%s" in PATH.\n%s\n' "$swift" "$advice" >&2
  exit 1
fi
if ! answer="$("$swift" --version 2>&1)"; then
  printf 'Swift was found (%s), but does not run:\n%s\n%s\n' "$(command -v "$swift")" "$answer" "$advice" >&2
  exit 1
fi
version="$(sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' <<<"$answer" | head -n 1)"
if [[ -z "$version" ]]; then
  printf 'The version of %s could not be read from:\n%s\n%s\n' "$(command -v "$swift")" "$answer" "$advice" >&2
  exit 1
fi
if ((${version%%.*} < need_major || (${version%%.*} == need_major && ${version##*.} < need_minor))); then
  printf 'Swift %s is too old (%s).\n%s\n' "$version" "$(command -v "$swift")" "$advice" >&2
  exit 1
fi
