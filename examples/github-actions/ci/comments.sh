# shellcheck shell=sh
# Sourced: talks to GitHub's API about the comments under a pull request.
api="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY"

# github METHOD PATH [CURL'S OPTIONS]
github() {
  method="$1" path="$2"
  shift 2
  curl -sS --fail-with-body -X "$method" "$api/$path" \
    -H "Authorization: Bearer $GITHUB_TOKEN" -H "Accept: application/vnd.github+json" "$@"
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
