#!/usr/bin/env bash
# How many branches of the safety kernel the tests take: the planner's rules, the applier with its
# reading back and recovery, the store. Needs gcovr. Prints a table with the lines that hold a branch
# never taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v gcovr >/dev/null; then
  echo "gcovr is not there: apt-get install gcovr" >&2
  exit 1
fi
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset coverage "${launcher[@]}" >/dev/null
cmake --build --preset coverage >/dev/null
find build/coverage -name '*.gcda' -delete

export RC_PARAMS=max_success=200 ROLECALL_SEEDS="${ROLECALL_SEEDS:-60}"
for program in build/coverage/tests/test_{state,diff,controller,property}; do
  filter='*'
  [[ $program == *_state ]] && filter='*Store*:*Log*:*Chain*:*Schema*:*Export*:*Checkpoint*:*Disk*'
  "$program" --gtest_brief=1 --gtest_filter="$filter" >/dev/null || echo "failures in $program" >&2
done
# Branches that only exceptions take are the compiler's, not ours.
exec gcovr --root . --exclude-throw-branches --exclude-unreachable-branches --filter 'diff/' \
  --filter 'controller/' --filter 'state/store/' --branches build/coverage
