#!/usr/bin/env bash
# New people: invited together, with their groups, and not before their first day.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

december="2026-12-01T08:00:00Z"
january="2027-01-04T08:00:00Z"

start_organization seed.json
tell "Mina and Noor start in December, Kai in January. On the first of December:"
run plan --at "$december"
expect "two invitations, with two groups each" '{"add_member":4,"invite_user":2}' "$(planned --at "$december")"
expect "both travel in one call" 1 "$("$rolecall" plan --at "$december" --format json | jq .calls.writes)"

run apply --yes --at "$december"
expect "the members of engineering" \
  "ada@acme.example lin@acme.example mina@acme.example noor@acme.example" "$(members engineering)"
expect "Kai is not in the organization" null "$(person kai@acme.example)"

tell "On Kai's first day the same policy asks for more."
run plan --at "$january"
expect "one invitation, one group, one grant of Kai's own" \
  '{"add_member":1,"grant_user_access":1,"invite_user":1}' "$(planned --at "$january")"
run apply --yes --at "$january"
expect "Kai is in everybody" \
  "ada@acme.example grace@acme.example kai@acme.example lin@acme.example mina@acme.example noor@acme.example" \
  "$(members everybody)"

tell "Invited people count as present; nobody is invited twice."
run plan --detailed-exitcode --at "$january"
