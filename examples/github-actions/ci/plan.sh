#!/bin/sh
# Plans, and leaves the comment for the pull request in plan.md. A plan that is refused (4) or that
# could not be proved complete (6) fails the check, with its comment.
set -eu
code=0
rolecall plan --format markdown >plan.md || code=$?
cat plan.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
