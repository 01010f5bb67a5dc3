# shellcheck shell=bash
# What the examples share. Each sources this file; it builds rolecall where needed, and cleans up
# behind them. Every example is a test too: it stops with a failure where the story does not hold.
set -euo pipefail

examples="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
[[ -z ${ROLECALL_BINARY:-} ]] || ROLECALL_BINARY="$(realpath "$ROLECALL_BINARY")"
cd "$(dirname "${BASH_SOURCE[1]}")"
scratch="$(mktemp -d)"
simulator=

clean_up() {
  if [[ -n $simulator ]]; then
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# tell WORDS: the narration.
tell() {
  echo
  printf '# %s\n' "$@"
}

# build_rolecall: finds the binary in ROLECALL_BINARY, or builds it.
build_rolecall() {
  rolecall="${ROLECALL_BINARY:-}"
  [[ -z $rolecall ]] || return 0
  local root="${examples%/*}"
  rolecall="$root/build/release/rolecall"
  "$root/.ci/install-packages.sh"
  [[ -x $rolecall ]] || tell "Building rolecall. This takes a few minutes, once."
  if ! (cd "$root" && cmake --preset release && cmake --build --preset release --target rolecall) \
    >"$scratch/build" 2>&1; then
    tail -n 40 "$scratch/build" >&2
    fail "rolecall could not be built"
  fi
}

# start_organization SEED: an organization on this machine that speaks the API, and the
# environment that points rolecall at it.
start_organization() {
  build_rolecall
  : >"$scratch/simulator"
  "$rolecall" simulate --listen 127.0.0.1:0 --seed "$1" >"$scratch/simulator" 2>&1 &
  simulator=$!
  local url='' i
  for ((i = 0; i < 200; ++i)); do
    url="$(sed -n 's|^listening on \(http://[^ /]*\).*|\1|p' "$scratch/simulator")"
    [[ -z $url ]] || break
    kill -0 "$simulator" 2>/dev/null || break
    sleep 0.05
  done
  if [[ -z $url ]]; then
    cat "$scratch/simulator" >&2
    fail "the simulator did not start"
  fi
  simulator_url="$url"
  export ROLECALL_API_URL="$url/admin" ROLECALL_API_KEY=example-key ROLECALL_STORE="$scratch/store/rolecall.db"
  unset ROLECALL_API_KEY_FILE ROLECALL_CA_FILE ROLECALL_ORG
}

# run ARGUMENTS: rolecall with them, shown as one would type it. run_expecting CODE ARGUMENTS:
# where another exit code than 0 is right.
run() { run_expecting 0 "$@"; }
run_expecting() {
  local expected="$1" code=0
  shift
  printf '\n$ rolecall %s\n' "$*"
  "$rolecall" "$@" || code=$?
  [[ $code -eq $expected ]] || fail "rolecall $* ended with $code, not with $expected"
}

# expect WHAT WANTED FOUND
expect() {
  [[ $2 == "$3" ]] || fail "$1: wanted $2, found $3"
  printf '  checked: %s\n' "$1"
}

# planned ARGUMENTS: what `rolecall plan` would change, counted by kind, as JSON.
# shellcheck disable=SC2120  # the arguments are for policies and instants
planned() {
  "$rolecall" plan "$@" --format json | jq -Sc '.summary | with_entries(select(.value > 0))'
}

# organization FILTER [ARGUMENTS OF JQ]: looks into the simulated organization itself.
organization() {
  local filter="$1"
  shift
  curl -sS --fail "$simulator_url/_simulator/state" | jq -Scr "$@" "$filter"
}
# shellcheck disable=SC2016  # the dollars are jq's
members() {
  organization '.groups[] | select(.name == $group) | .members // [] | sort | join(" ")' --arg group "$1"
}
# shellcheck disable=SC2016
person() { organization '[.users[] | select(.email == $email)][0]' --arg email "$1"; }
