#!/usr/bin/env bash
# rolecall from nothing: installs what is missing, builds, and brings a simulated organization
# to what rolecall.toml says.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

start_organization seed.json
tell "A simulated organization listens at $simulator_url. It has four people and one group." \
  "examples/quickstart/rolecall.toml says what it should look like. What would have to change?"
run plan
expect "the plan invites one, makes one group, moves one person" \
  '{"add_member":4,"create_group":1,"grant_group_access":1,"invite_user":1,"remove_member":1}' \
  "$(planned)"

tell "Nothing has been changed so far. Now it is:"
run apply --yes
expect "the members of engineering" "ada@acme.example lin@acme.example mina@acme.example" "$(members engineering)"
expect "the members of design" "grace@acme.example omar@acme.example" "$(members design)"

tell "The organization is as the policy wants it, so a second plan is empty."
run plan --detailed-exitcode
expect "nothing to do" '{}' "$(planned)"

tell "Each call was written down before it was made, and its outcome after."
run audit list
run audit show 1

tell "Done. Next: change rolecall.toml and look at the plan, or read the other examples." \
  "README.md says how to point rolecall at your own organization."
