#!/bin/sh
# Fails where the organization is not as the policy says; the plan tells what differs, and why.
set -eu
. "$(dirname "$0")/forge.sh"
code=0
rolecall plan --detailed-exitcode --format markdown >plan.md || code=$?
show_plan plan.md
exit "$code"
