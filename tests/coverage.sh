#!/usr/bin/env bash
# How much of the safety kernel the tests reach: the planner's rules, the applier with its reading
# back and recovery, the store. Prints the branches of each file, without those that only an
# exception would take.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset coverage "${launcher[@]}" >/dev/null
cmake --build --preset coverage >/dev/null
find build/coverage -name '*.gcda' -delete

[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
export RC_PARAMS=max_success=200 ROLECALL_SEEDS="${ROLECALL_SEEDS:-60}"
for program in build/coverage/tests/test_{state,diff,controller,property,e2e,faults}; do
  filter='*'
  [[ $program == *_state ]] && filter='*Store*:*Log*:*Schema*:*Export*:*Disk*:*Migration*:*Failing*'
  # The others let system calls fail, those of the counting too.
  [[ $program == *_faults ]] && filter='*FailingStore*'
  "$program" --gtest_brief=1 --gtest_filter="$filter" >/dev/null || echo "failures in $program" >&2
done

gcovr --root . --branches --exclude-throw-branches --exclude-unreachable-branches \
  --filter '(diff|controller|state/store)/' --object-directory build/coverage build/coverage
