# shellcheck shell=sh disable=SC2034  # the variables are for those who source it
# Sourced: GitLab, for scripts that are the same everywhere. Reviews are merge requests, comments
# are notes.
review="merge request"
target_branch="${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-}"
this_review="${CI_MERGE_REQUEST_IID:-}"
project="projects/$CI_PROJECT_ID"

# gitlab METHOD PATH [CURL'S OPTIONS]
gitlab() {
  method="$1" path="$2"
  shift 2
  curl -sS --fail-with-body -X "$method" "$CI_API_V4_URL/$path" -H "PRIVATE-TOKEN: $REVIEW_TOKEN" "$@"
}

# show_plan FILE: in the log of this job.
show_plan() { cat "$1"; }

# review_of_commit: the number of the one that was merged with this commit; nothing without one.
review_of_commit() {
  gitlab GET "$project/repository/commits/$CI_COMMIT_SHA/merge_requests" |
    jq -r '[.[] | select(.state == "merged")][0].iid // empty'
}

# own_comment NUMBER: the comment that this pipeline made, as JSON; nothing where there is none.
# Anybody may write a comment with our marker in it: only the token's own counts.
own_comment() {
  me="$(gitlab GET user | jq .id)"
  page=1
  while :; do
    comments="$(gitlab GET "$project/merge_requests/$1/notes?per_page=100&page=$page")"
    # shellcheck disable=SC2016  # the dollar is jq's
    found="$(printf '%s' "$comments" | jq -c --argjson me "$me" '[.[] | select(.author.id == $me)
      | select(.body | startswith("<!-- rolecall plan -->"))][0] // empty')"
    if [ -n "$found" ]; then
      printf '%s' "$found"
      return
    fi
    [ "$(printf '%s' "$comments" | jq length)" -eq 100 ] || return 0
    page=$((page + 1))
  done
}

# add_comment NUMBER FILE, replace_comment NUMBER ID FILE
add_comment() {
  gitlab POST "$project/merge_requests/$1/notes" -H "Content-Type: application/json" --data "@$2"
}
replace_comment() {
  gitlab PUT "$project/merge_requests/$1/notes/$2" -H "Content-Type: application/json" --data "@$3"
}
