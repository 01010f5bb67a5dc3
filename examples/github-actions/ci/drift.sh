#!/bin/sh
# Fails where the organization is not as the policy says; the plan tells what differs, and why.
set -eu
code=0
rolecall plan --detailed-exitcode --format markdown >plan.md || code=$?
cat plan.md
cat plan.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
