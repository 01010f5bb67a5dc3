#!/usr/bin/env bash
# A change of access from pull request to organization: what the workflow's scripts do at each step.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=../ci_lib.sh
source "$examples/ci_lib.sh"

well_formed rolecall.yml
start_checkout
export GITHUB_API_URL=https://review.example GITHUB_REPOSITORY=acme/access GITHUB_TOKEN=example
export GITHUB_SHA=0123456789012345678901234567890123456789 PULL_REQUEST=7 GITHUB_BASE_REF=main
unset GITHUB_STEP_SUMMARY
tell_the_story
