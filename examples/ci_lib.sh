# shellcheck shell=bash disable=SC2154  # rolecall is build_rolecall's
# What the two examples of continuous integration share: a checkout to work in, and the review
# site's API as far as their scripts use it, in files below $scratch/site.

# the_same_scripts: each example is copied as a whole, so both have them; what differs between
# the review sites is in forge.sh.
the_same_scripts() {
  local script
  for script in apply comment drift plan validate; do
    cmp "$examples/github-actions/ci/$script.sh" "$examples/gitlab-ci/ci/$script.sh" ||
      fail "ci/$script.sh differs between the examples"
  done
}

# start_checkout: copies the example beside an organization, and goes there.
start_checkout() {
  the_same_scripts
  start_organization seed.json
  unset ROLECALL_STORE
  mkdir -p "$scratch/checkout" "$scratch/bin" "$scratch/site"
  cp -r access ci "$scratch/checkout/"
  cd "$scratch/checkout" || return
  git init -q -b main .
  git config user.name ada
  git config user.email ada@acme.example
  printf '.rolecall/\n*.md\n*.json\n*.jsonl\n' >.gitignore
  commit "The organization as it is"
  git update-ref refs/remotes/origin/main main
  ln -s "$rolecall" "$scratch/bin/rolecall"
  real_curl="$(command -v curl)"
  export real_curl scratch
  cat >"$scratch/bin/curl" <<'CURL'
#!/usr/bin/env bash
# Answers for https://review.example, and is curl for everything else.
set -euo pipefail
method=GET url='' data=''
arguments=("$@")
while [[ $# -gt 0 ]]; do
  case "$1" in
    -X) method="$2"; shift ;;
    -H) shift ;;
    --data) data="${2#@}"; shift ;;
    http*) url="$1" ;;
  esac
  shift
done
[[ $url == https://review.example/* ]] || exec "$real_curl" "${arguments[@]}"
printf '%s %s\n' "$method" "${url%%\?*}" >>"$scratch/site/requests"
site() { jq "$@" "$scratch/site/comments" >"$scratch/site/new" && mv "$scratch/site/new" "$scratch/site/comments"; }
case "$method $url" in
  "GET "*/user) echo '{"id": 1}' ;;
  "GET "*/pulls) echo '[{"number": 7, "merged_at": "2026-11-27T09:00:00Z"}]' ;;
  "GET "*/commits/*/merge_requests) echo '[{"iid": 7, "state": "merged"}]' ;;
  "GET "*) cat "$scratch/site/comments" ;;
  "POST "*)
    site --slurpfile new "$data" '. + [$new[0] + {id: (100 + length),
      user: {login: "github-actions[bot]"}, author: {id: 1}}]' ;;
  *)
    site --slurpfile new "$data" --argjson id "${url##*/}" \
      'map(if .id == $id then .body = $new[0].body else . end)' ;;
esac
CURL
  chmod +x "$scratch/bin/curl"
  PATH="$scratch/bin:$PATH"
  # Somebody else's comment with the marker in it is not the bot's.
  cat >"$scratch/site/comments" <<'COMMENTS'
[{"id": 99, "user": {"login": "mallory"}, "author": {"id": 2}, "body": "<!-- rolecall plan -->\nTo apply this plan and no other: `rolecall apply --expect-digest 000000000000`\n"}]
COMMENTS
}

commit() {
  git add -A
  git commit -q -m "$1"
}

# script CODE NAME: one of the example's scripts, which must end with this code.
script() {
  local expected="$1" code=0
  printf '\n$ ci/%s.sh\n' "$2"
  "ci/$2.sh" || code=$?
  [[ $code -eq $expected ]] || fail "ci/$2.sh ended with $code, not with $expected"
}

# own_comments: the bodies of the bot's comments.
own_comments() { jq -r '.[] | select(.author.id == 1).body' "$scratch/site/comments"; }

# by_hand METHOD PATH [BODY]: a call of the API, as an administrator's click makes it.
by_hand() {
  "$real_curl" -sS --fail -o "$scratch/answer" -X "$1" \
    "$ROLECALL_API_URL/v2/orgs/1b2c3d4e-0000-4000-8000-0000000000aa/directories/6d1f0000-0000-4000-8000-000000000001/$2" \
    -H "Authorization: Bearer $ROLECALL_API_KEY" ${3:+-H "Content-Type: application/json" -d "$3"}
}

# well_formed FILE: where something here can read YAML.
well_formed() {
  if python3 -c 'import yaml' 2>/dev/null; then
    python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$1" || fail "$1 is no YAML"
    printf '  checked: %s is well-formed\n' "${1##*/}"
  fi
}

# tell_the_story: a change from its branch to the organization, then drift.
tell_the_story() {
  tell "Somebody was added to design by hand."
  by_hand POST "groups/9a000000-0000-4000-8000-000000000002/memberships" \
    '{"accountId": "712020:00000000-0000-4000-8000-000000000004"}'

  tell "A branch: Lin joins engineering, Mina leaves it, somebody of a vendor is invited."
  git checkout -q -b change
  sed -i 's|"ada@acme.example", "mina@acme.example"|"ada@acme.example", "lin@acme.example", "temp@vendor.example"|' access/teams.toml
  printf '"temp@vendor.example" = { until = 2099-12-31, reason = "PROC-77" }\n' >>access/people.toml
  commit "Lin joins engineering"
  (
    unset ROLECALL_API_KEY  # as for a fork: nothing to plan with, and nothing that needs it
    script 0 validate
  )
  script 0 plan
  script 0 comment
  expect "the comment under the review" "<!-- rolecall plan -->" "$(own_comments | head -n1)"
  own_comments | grep -q "1 person from outside acme.example" || fail "outside people are not told"
  own_comments | grep -q "^\*\*This change\*\*: 1 person to invite, 2 members to add, 1 member to remove" ||
    fail "what the change itself does is not told"
  own_comments | grep -q "^Already to be done before it (drift): 1 member to remove" ||
    fail "what was to be done before is not told apart"

  tell "The drift is put right, and somebody changes their mind: the comment is replaced, not repeated."
  by_hand DELETE "groups/9a000000-0000-4000-8000-000000000002/memberships/712020:00000000-0000-4000-8000-000000000004"
  sed -i 's|"lin@acme.example", ||' access/teams.toml
  commit "Lin stays in design"
  script 0 plan
  script 0 comment
  expect "the bot's comments" 1 "$(jq '[.[] | select(.author.id == 1)] | length' "$scratch/site/comments")"

  tell "Meanwhile an administrator takes Lin out of design. What was merged is not what was reviewed:"
  git checkout -q main && git merge -q --no-edit change
  by_hand DELETE "groups/9a000000-0000-4000-8000-000000000002/memberships/712020:00000000-0000-4000-8000-000000000003"
  script 5 apply
  expect "the members of engineering" "ada@acme.example mina@acme.example" "$(members engineering)"

  tell "Put right by hand, it is again."
  by_hand POST "groups/9a000000-0000-4000-8000-000000000002/memberships" \
    '{"accountId": "712020:00000000-0000-4000-8000-000000000003"}'
  script 0 apply
  expect "the members of engineering" "ada@acme.example temp@vendor.example" "$(members engineering)"
  [[ -s audit.jsonl ]] || fail "the log was not exported"
  script 0 apply # the same job once more: nothing to do

  tell "At night all is as it should be, until somebody adds Mina again."
  script 0 drift
  by_hand POST "groups/9a000000-0000-4000-8000-000000000001/memberships" \
    '{"accountId": "712020:00000000-0000-4000-8000-000000000004"}'
  script 2 drift >"$scratch/drift"
  cat "$scratch/drift"
  grep -q "drift, access/teams.toml" "$scratch/drift" || fail "drift is not told from an edit"
}
