#!/bin/sh
# Applies what was merged, if it is still what was reviewed: the digest stands in the comment under
# the review that this commit came from. Anything else is for people to look at.
set -eu
. "$(dirname "$0")/forge.sh"
if rolecall plan --detailed-exitcode; then
  echo "Nothing to do."
  exit 0
fi
number="$(review_of_commit)"
if [ -z "$number" ]; then
  echo "This commit came from no $review: nothing is applied." >&2
  exit 1
fi
# shellcheck disable=SC2016  # the backticks are Markdown's
digest="$(own_comment "$number" | jq -r .body |
  sed -n 's/^To apply this plan and no other: `rolecall apply --expect-digest \([0-9a-f]*\)[^`]*`$/\1/p')"
if [ -z "$digest" ]; then
  echo "No plan that may be applied stands under $review $number: nothing is applied." >&2
  exit 1
fi
code=0
rolecall apply --expect-digest "$digest" || code=$?
rolecall audit export --out audit.jsonl || true
exit "$code"
