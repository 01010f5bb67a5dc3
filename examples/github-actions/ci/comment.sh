#!/bin/sh
# Puts plan.md under the pull request, in place of the one before.
set -eu
. "$(dirname "$0")/comments.sh"
[ -s plan.md ] || exit 0
existing="$(own_comment "$PULL_REQUEST" | jq -r .id)"
jq -n --rawfile body plan.md '{$body}' >comment.json
if [ -n "$existing" ]; then
  github PATCH "issues/comments/$existing" --data @comment.json >/dev/null
else
  github POST "issues/$PULL_REQUEST/comments" --data @comment.json >/dev/null
fi
