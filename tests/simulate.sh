#!/usr/bin/env bash
# Lives through simulated lives of organizations (tests/support/simulation.h): ten thousand under
# faults and ten thousand under lies, in memory. A failure names its seed.
#
#   tests/simulate.sh [LIVES [FIRST SEED]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset="${ROLECALL_PRESET:-release}"
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset "$preset" "${launcher[@]}" >/dev/null
cmake --build --preset "$preset" --target test_property >/dev/null

export ROLECALL_SEEDS="${1:-10000}" ROLECALL_FIRST_SEED="${2:-1}"
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
exec "build/$preset/tests/test_property" --gtest_filter='Simulation.NothingGoesWrong*'
