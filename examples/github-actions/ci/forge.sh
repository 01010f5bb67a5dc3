# shellcheck shell=sh disable=SC2034  # the variables are for those who source it
# Sourced: GitHub, for scripts that are the same everywhere. Reviews are pull requests.
review="pull request"
target_branch="${GITHUB_BASE_REF:-}"
this_review="${PULL_REQUEST:-}"
api="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY"

# github METHOD PATH [CURL'S OPTIONS]
github() {
  method="$1" path="$2"
  shift 2
  curl -sS --fail-with-body -X "$method" "$api/$path" \
    -H "Authorization: Bearer $GITHUB_TOKEN" -H "Accept: application/vnd.github+json" "$@"
}

# show_plan FILE: on the page of this run.
show_plan() {
  cat "$1"
  cat "$1" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# review_of_commit: the number of the one that was merged with this commit; nothing without one.
review_of_commit() {
  github GET "commits/$GITHUB_SHA/pulls" |
    jq -r '[.[] | select(.merged_at != null)][0].number // empty'
}

# own_comment NUMBER: the comment that this workflow made, as JSON; nothing where there is none.
# Anybody may write a comment with our marker in it: only the bot's own counts.
own_comment() {
  page=1
  while :; do
    comments="$(github GET "issues/$1/comments?per_page=100&page=$page")"
    found="$(printf '%s' "$comments" | jq -c '[.[] | select(.user.login == "github-actions[bot]")
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
add_comment() { github POST "issues/$1/comments" --data "@$2"; }
replace_comment() { github PATCH "issues/comments/$2" --data "@$3"; }
