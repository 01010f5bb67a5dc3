#!/usr/bin/env bash
# Somebody changes things by hand. The plan shows it, apply corrects it.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

directory="v2/orgs/1b2c3d4e-0000-4000-8000-0000000000aa/directories/6d1f0000-0000-4000-8000-000000000001"
engineering="9a000000-0000-4000-8000-000000000001"
jira_keepers="9a000000-0000-4000-8000-000000000002"
lin="712020:00000000-0000-4000-8000-000000000003"
omar="712020:00000000-0000-4000-8000-000000000004"
confluence="ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001"

# by_hand METHOD PATH [BODY]: a call of the API, as an administrator's click makes it.
by_hand() {
  curl -sS --fail -o "$scratch/answer" -X "$1" "$ROLECALL_API_URL/$directory/$2" \
    -H "Authorization: Bearer $ROLECALL_API_KEY" ${3:+-H "Content-Type: application/json" -d "$3"}
}

start_organization seed.json
tell "Organization and policy agree."
run plan --detailed-exitcode

tell "Then somebody makes Omar a keeper of Jira, takes Lin out of engineering, lets all of" \
  "engineering administer Confluence, and makes a group of their own."
by_hand POST "groups/$jira_keepers/memberships" "{\"accountId\": \"$omar\"}"
by_hand DELETE "groups/$engineering/memberships/$lin"
by_hand POST "groups/$engineering/role-assignments/assign" \
  "{\"resourceId\": \"$confluence\", \"roleId\": \"atlassian/admin\"}"
by_hand POST "groups" '{"name": "skunkworks"}'
sleep 2  # new groups show up with a delay, as in the real API

tell "With --detailed-exitcode, exit code 2 says that there is something to do."
run_expecting 2 plan --detailed-exitcode
expect "three corrections" '{"add_member":1,"remove_member":1,"revoke_group_access":1}' "$(planned)"
expect "the group nobody declared is noted, and left alone" '["skunkworks"]' \
  "$("$rolecall" plan --format json | jq -c '[.notes[] | select(.kind == "unmanaged_group") | .subject]')"

run apply --yes
expect "the members of engineering" "lin@acme.example omar@acme.example" "$(members engineering)"
expect "the members of jira-keepers" "ada@acme.example" "$(members jira-keepers)"
run plan --detailed-exitcode
