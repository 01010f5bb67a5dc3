#!/usr/bin/env bash
# Measures rolecall: builds the release, makes the standard work W and parts of it, runs every case
# and prints a table; build/bench/results.json has the same with every value.
#
#   tests/bench/run.sh            everything; about ten minutes on two cores
#   tests/bench/run.sh --short    W/100 alone, once: does it still work? Its figures mean nothing
#   tests/bench/run.sh P1 P9      these figures only
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case "${1:-}" in
  -h | --help)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
command -v python3 >/dev/null || { echo "python3 is needed" >&2; exit 1; }

unset ROLECALL_API_URL ROLECALL_API_KEY ROLECALL_API_KEY_FILE ROLECALL_STORE ROLECALL_CA_FILE ROLECALL_ORG
build="${ROLECALL_BENCH_BUILD:-}" # a build folder that is there already, as the tests have one
if [[ -z $build ]]; then
  build=build/release
  launcher=()
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake --preset release "${launcher[@]}" >/dev/null
fi
cmake --build "$build" --target bench --parallel "$(nproc)" >&2
exec python3 tests/bench/suite.py "$build" "$@"
