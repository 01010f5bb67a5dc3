#!/usr/bin/env bash
# Somebody leaves: suspended after the last day, removed when the policy says so.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

last_day="2026-11-30T17:00:00Z"
day_after="2026-12-01T00:00:00Z"
retention_over="2027-03-01T09:00:00Z"

start_organization seed.json
tell "The policy says that Omar works here until the thirtieth of November, that day included."
run plan --detailed-exitcode --at "$last_day"
expect "nothing to do on the last day" '{}' "$(planned --at "$last_day")"

tell "At midnight (UTC) the same file means something else. No one has to remember."
run plan --at "$day_after"
expect "Omar is to be suspended, and nothing else" '{"suspend_user":1}' "$(planned --at "$day_after")"
run apply --yes --at "$day_after"
expect "Omar is suspended" suspended "$(person omar@acme.example | jq -r .status)"
expect "and keeps the memberships, should Omar come back" \
  "lin@acme.example omar@acme.example" "$(members engineering)"

tell "Three months later the entry becomes a tombstone: state = \"removed\"."
run plan after-retention.toml --at "$retention_over"
expect "one removal; what goes with it is not listed singly" \
  '{"remove_user":1}' "$(planned after-retention.toml --at "$retention_over")"
run apply after-retention.toml --yes --at "$retention_over"
expect "Omar is not in the organization" null "$(person omar@acme.example)"

tell "The tombstone may stay in the file."
run plan after-retention.toml --detailed-exitcode --at "$retention_over"

tell "A mistake: Grace is declared suspended, which would leave one administrator. That is refused," \
  "and nothing is sent."
sed 's|^"grace@.*|"grace@acme.example" = { state = "suspended" }|' after-retention.toml >"$scratch/mistake.toml"
before="$(organization "[.users, .groups]")"
run_expecting 4 apply "$scratch/mistake.toml" --yes --at "$retention_over"
expect "the organization is as it was" "$before" "$(organization "[.users, .groups]")"
