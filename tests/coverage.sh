#!/usr/bin/env bash
# How much of the safety kernel the tests reach: the planner's rules, the applier with its reading
# back and recovery, the store. Prints lines and branches of each file; of the branches, those that
# only an exception would take are the compiler's and never taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset coverage "${launcher[@]}" >/dev/null
cmake --build --preset coverage >/dev/null
find build/coverage -name '*.gcda' -delete

export RC_PARAMS=max_success=200 ROLECALL_SEEDS="${ROLECALL_SEEDS:-60}"
for program in build/coverage/tests/test_{state,diff,controller,property}; do
  filter='*'
  [[ $program == *_state ]] && filter='*Store*:*Log*:*Schema*:*Export*:*Disk*'
  "$program" --gtest_brief=1 --gtest_filter="$filter" >/dev/null || echo "failures in $program" >&2
done

cd build/coverage
find . -name '*.gcno' | sort | while read -r notes; do
  source="${notes#*.dir/}"
  gcov -b -n "$notes" 2>/dev/null | grep -A4 "^File '.*/${source%.gcno}'" | tr '\n' ' ' |
    sed -E "s|.*Lines executed:([0-9.]+)% of ([0-9]+).*Taken at least once:([0-9.]+)% of ([0-9]+).*|${source%.gcno}: \1 % of \2 lines, \3 % of \4 branches\n|"
done
