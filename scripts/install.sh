#!/usr/bin/env bash
# Puts Dues under DESTDIR/PREFIX. Builds nothing, starts nothing, and never overwrites what an operator may have edited.
set -euo pipefail
cd "$(dirname "$0")/.."

binary="${BINARY:-.build/release/dues}"
destination="${DESTDIR:-}"
prefix="${PREFIX:-/usr/local}"
configuration="${SYSCONFDIR:-/etc}/dues"
share="$prefix/share/dues"
manual="${MANUAL:-.build/manual}"
for made in "$binary" "$manual/dues.1"; do
  if [[ ! -e "$made" ]]; then
    echo "There is no $made yet: run 'make release' first (without sudo), then 'make install'." >&2
    exit 1
  fi
done

install -D -m 0755 -s "$binary" "$destination$prefix/bin/dues"
install -D -m 0644 "$manual/dues.1" "$destination$prefix/share/man/man1/dues.1"
install -D -m 0644 "$manual/dues.bash" "$destination$prefix/share/bash-completion/completions/dues"
install -D -m 0644 "$manual/dues.zsh" "$destination$prefix/share/zsh/site-functions/_dues"
install -D -m 0644 "$manual/dues.fish" "$destination$prefix/share/fish/vendor_completions.d/dues.fish"

# Shipped: replaced by each installation.
for unit in dues-tick.service dues-tick.timer dues-web.service; do
  install -d "$destination$prefix/lib/systemd/system"
  sed -e "s|/usr/local/bin/dues|$prefix/bin/dues|" -e "s|/etc/dues/|$configuration/|g" "jobs/systemd/$unit" \
    >"$destination$prefix/lib/systemd/system/$unit"
  chmod 0644 "$destination$prefix/lib/systemd/system/$unit"
done
install -D -m 0644 jobs/systemd/dues.sysusers.conf "$destination$prefix/lib/sysusers.d/dues.conf"
install -D -m 0644 config.example.toml "$destination$share/config.example.toml"
for example in jobs/*.toml; do
  install -D -m 0644 "$example" "$destination$share/examples/$example"
done
find templates -type f -print0 | while IFS= read -r -d '' template; do
  install -D -m 0644 "$template" "$destination$share/$template"
done

# The operator's: only what is not there yet.
install -d "$destination$configuration" "$destination$configuration/jobs"
install -d -m 0700 "$destination$configuration/credentials"
find templates -type f -print0 | while IFS= read -r -d '' template; do
  [[ -e "$destination$configuration/$template" ]] ||
    install -D -m 0644 "$template" "$destination$configuration/$template"
done

cat <<TEXT
Installed: $destination$prefix/bin/dues, its man page, completions and units, and examples in $destination$share.
Next, as root:
  systemd-sysusers                                    makes the user "dues"
  cp $share/config.example.toml $configuration/config.toml       and edit it; store.path = "/var/lib/dues/dues.db"
  put the secrets into $configuration/credentials/    one file each: stripe_secret_key, webhook_secret, link_secret
  put your jobs into $configuration/jobs/             examples: $share/examples/jobs
  systemctl daemon-reload
  systemctl enable --now dues-tick.timer dues-web.service
  systemctl status dues-tick.timer dues-web.service   and 'journalctl -u dues-tick' for what the ticks said
TEXT
