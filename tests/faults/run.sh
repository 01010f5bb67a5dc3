#!/usr/bin/env bash
# Every fault of tests/faults at every point: kills and failing calls at each system call of an
# apply of fifty changes, a thousand kills at random times of that and of an apply of a thousand
# changes. Takes long; the ordinary tests try a sample of the points.
#
#   tests/faults/run.sh [FILTER]     of the tests, as --gtest_filter takes it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

preset="${ROLECALL_PRESET:-release}"
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset "$preset" "${launcher[@]}" >/dev/null
cmake --build --preset "$preset" --target test_faults >/dev/null

export ROLECALL_FAULTS_EVERY="${ROLECALL_FAULTS_EVERY:-1}"
export ROLECALL_FAULTS_TRIALS="${ROLECALL_FAULTS_TRIALS:-1000}"
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
"build/$preset/tests/test_faults" --gtest_filter="${1:-*}"
[[ $# -gt 0 ]] || ROLECALL_FAULTS_GROUPS=200 "build/$preset/tests/test_faults" --gtest_filter='KilledAtRandom.Times*'
