#!/bin/sh
# Plans, and leaves the comment for the review in plan.md. It tells what the change itself does apart
# from drift that was there before. A plan that is refused (4) or that could not be proved complete
# (6) fails the job, with its comment.
set -eu
. "$(dirname "$0")/forge.sh"
before="$(git merge-base HEAD "origin/$target_branch")"
code=0
rolecall plan --base "$before" --format markdown >plan.md || code=$?
show_plan plan.md
exit "$code"
