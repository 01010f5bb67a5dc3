#!/bin/sh
# Puts plan.md under the merge request, in place of the one before.
set -eu
. "$(dirname "$0")/comments.sh"
[ -s plan.md ] || exit 0
notes="projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
existing="$(own_comment "$CI_MERGE_REQUEST_IID" | jq -r .id)"
jq -n --rawfile body plan.md '{$body}' >comment.json
if [ -n "$existing" ]; then
  gitlab PUT "$notes/$existing" -H "Content-Type: application/json" --data @comment.json >/dev/null
else
  gitlab POST "$notes" -H "Content-Type: application/json" --data @comment.json >/dev/null
fi
