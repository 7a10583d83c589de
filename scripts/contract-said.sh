#!/usr/bin/env bash
# Says whether the Stripe contract (Tests/ContractTests) was held against Stripe itself, or only against the sandbox.
set -euo pipefail

if [[ -n "${DUES_STRIPE_TEST_KEY:-}" && -n "${DUES_STRIPE_TEST_BASE:-}" ]]; then
  printf '\n== The Stripe contract was held against the sandbox and against %s: not run against Stripe itself: unset DUES_STRIPE_TEST_BASE\n' \
    "$DUES_STRIPE_TEST_BASE"
elif [[ -n "${DUES_STRIPE_TEST_KEY:-}" ]]; then
  printf '\n== The Stripe contract was held against the sandbox and against Stripe itself.\n'
else
  printf '\n== The Stripe contract was held against the sandbox only: not run against Stripe itself: set DUES_STRIPE_TEST_KEY\n'
fi
