#!/bin/sh
# Puts plan.md under the review, in place of the one before.
set -eu
. "$(dirname "$0")/forge.sh"
[ -s plan.md ] || exit 0
jq -n --rawfile body plan.md '{$body}' >comment.json
existing="$(own_comment "$this_review" | jq -r .id)"
if [ -n "$existing" ]; then
  replace_comment "$this_review" "$existing" comment.json >/dev/null
else
  add_comment "$this_review" comment.json >/dev/null
fi
