# shellcheck shell=sh
# Sourced: talks to GitLab's API about the comments (notes) under a merge request.

# gitlab METHOD PATH [CURL'S OPTIONS]
gitlab() {
  method="$1" path="$2"
  shift 2
  curl -sS --fail-with-body -X "$method" "$CI_API_V4_URL/$path" -H "PRIVATE-TOKEN: $REVIEW_TOKEN" "$@"
}

# own_comment NUMBER: the comment that this pipeline made, as JSON; nothing where there is none.
# Anybody may write a comment with our marker in it: only the token's own counts.
own_comment() {
  me="$(gitlab GET user | jq .id)"
  page=1
  while :; do
    comments="$(gitlab GET "projects/$CI_PROJECT_ID/merge_requests/$1/notes?per_page=100&page=$page")"
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
