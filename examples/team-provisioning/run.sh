#!/usr/bin/env bash
# Teams from attributes: groups that follow from who works where, in a folder of policy files.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

start_organization seed.json
tell "Six people, no teams yet. The policy is the folder access/, read as one."
run plan
expect "five groups, with their members and what they grant" \
  '{"add_member":17,"create_group":5,"grant_group_access":3}' "$(planned)"
run apply --yes
expect "engineering matches two departments" \
  "ada@acme.example grace@acme.example mina@acme.example noor@acme.example" "$(members engineering)"
expect "every key of a match must agree" "ada@acme.example mina@acme.example" "$(members berlin-engineering)"
expect "exclude comes last" "ada@acme.example grace@acme.example noor@acme.example" "$(members on-call)"
run plan --detailed-exitcode

tell "Lin moves from design to engineering: one word changes in people.toml."
cp -r access "$scratch/access"
sed -i '/^"lin@/s/Design/Engineering/' "$scratch/access/people.toml"
run plan "$scratch/access"
expect "three groups to join, one to leave" '{"add_member":3,"remove_member":1}' "$(planned "$scratch/access")"
run apply "$scratch/access" --yes
expect "the members of design" "omar@acme.example" "$(members design)"
expect "the members of berlin-engineering" \
  "ada@acme.example lin@acme.example mina@acme.example" "$(members berlin-engineering)"
run plan "$scratch/access" --detailed-exitcode
