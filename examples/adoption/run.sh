#!/usr/bin/env bash
# An organization that grew by hand becomes a policy; then its first change, told apart from drift.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

start_organization seed.json
cd "$scratch"
tell "Everything that is there, as files:"
run import --out access
(cd access && grep -r "" --include="*.toml" -h groups)
expect "the policy is sound" "0" "$("$rolecall" validate access >&2 && echo 0)"

tell "A plan of it has nothing to do."
run plan access --detailed-exitcode

tell "Why does Ada have what she has? What would Omar lose without the project's group?"
run explain ada@acme.example
run explain omar@acme.example --without 'Q4 "big bet" #1'
expect "Confluence would be lost" '["user on confluence"]' \
  "$("$rolecall" explain omar@acme.example --without 'Q4 "big bet" #1' --format json | jq -c '[.lost[].subject]')"

tell "The first change: Omar joins engineering. Meanwhile somebody made a change by hand, so the" \
  "plan tells the two apart: the policy as it was is given as the base."
cp -r access base
sed -i 's|^  "lin@acme.example",|&\n  "omar@acme.example",|' access/groups/*.toml
lin="$(organization '.users[] | select(.email == "lin@acme.example") | .id')"
engineering="$(organization '.groups[] | select(.name == "engineering") | .id')"
curl -sS --fail -o "$scratch/answer" -X DELETE -H "Authorization: Bearer $ROLECALL_API_KEY" \
  "$ROLECALL_API_URL/v2/orgs/1b2c3d4e-0000-4000-8000-0000000000aa/directories/6d1f0000-0000-4000-8000-000000000001/groups/$engineering/memberships/$lin"
run plan access --base base
expect "one change of ours, one that was to be done before" \
  '{"lin@acme.example":true,"omar@acme.example":false}' \
  "$("$rolecall" plan access --base base --format json | jq -Sc '[.changes[] | {(.user): .in_base}] | add')"

run apply access --yes
expect "the members of engineering; Rosa is suspended and keeps her place" \
  "ada@acme.example lin@acme.example omar@acme.example rosa@acme.example" "$(members engineering)"
tell "And the log tells since when."
run explain omar@acme.example
