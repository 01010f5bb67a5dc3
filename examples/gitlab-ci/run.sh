#!/usr/bin/env bash
# A change of access from merge request to organization: what the pipeline's scripts do at each step.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=../ci_lib.sh
source "$examples/ci_lib.sh"

well_formed .gitlab-ci.yml
start_checkout
export CI_API_V4_URL=https://review.example/api/v4 CI_PROJECT_ID=12 CI_MERGE_REQUEST_IID=7
export CI_COMMIT_SHA=0123456789012345678901234567890123456789 REVIEW_TOKEN=example
export CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main
tell_the_story
