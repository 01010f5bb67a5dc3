#!/usr/bin/env bash
# The tests of the guarantees at the size that README's figures are of, where the ordinary tests
# try a part: hours. Each prints what it measured, and keeps all of it in build/long/NAME.log.
#
#   tests/long.sh [NAME...]     all of them, or those named
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

preset="${ROLECALL_PRESET:-release}"
names=("$@")
failed=0
mkdir -p build/long
source tests/scratch.sh
TMPDIR="$(scratch_place)"
export TMPDIR
known=" "

# long NAME PROGRAM FILTER [VARIABLE=VALUE...]
long() {
  local name="$1" program="$2" filter="$3" begun=$SECONDS
  shift 3
  known+="$name "
  [[ ${#names[@]} -eq 0 || " ${names[*]} " == *" $name "* ]] || return 0
  cmake --build --preset "$preset" --target "test_$program" rolecall >build/long/build.log 2>&1 || {
    tail -n 40 build/long/build.log >&2
    exit 1
  }
  if ! env "$@" "build/$preset/tests/test_$program" --gtest_filter="$filter" >"build/long/$name.log" 2>&1 ||
    grep -q 'Running 0 tests' "build/long/$name.log"; then
    failed=1
  fi
  printf '== %s: %s, %d s\n' "$name" "$*" $((SECONDS - begun))
  grep -vE '^(Running main|Note: |\[(-----|=====| RUN |  +OK)|$)' "build/long/$name.log" | cut -c1-400 | tail -n 40
}

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset "$preset" "${launcher[@]}" >/dev/null || exit 1

long answers state 'AnswersBelong*:IdsOnTheWire*' ROLECALL_CASES=10000
long limits state '*TimeLimits*:*Stalled*' ROLECALL_CASES=1
long flips state '*ExportTest.InALarge*' ROLECALL_CASES=12000
long saved diff 'PlanFileTest*' ROLECALL_CASES=10000
long floor property 'SafetyProperty*' ROLECALL_CASES=100000
long worlds property 'SmallWorlds*' ROLECALL_CASES=100000
long pure property 'PurePlan*' ROLECALL_CASES=500
long troubled property 'TroubledCalls*' ROLECALL_CASES=200
long gifts property 'FailedGifts*' ROLECALL_CASES=5000
long forged property 'ForgedPlans*' ROLECALL_CASES=10000
long rewrites controller 'Rewrites*' ROLECALL_CASES=1000
long odd controller 'OddAnswersOfAnApply*:KeyRevoked*' ROLECALL_CASES=1000000
long names controller 'HostileNames*:HostileCsv*:HostileReport*:*AccessReport*' ROLECALL_CASES=10000
long stop controller 'StopSwitchTest*' ROLECALL_CASES=200
long clock controller 'ClockJumps*' ROLECALL_CASES=60
long cycles controller 'LongRun*' ROLECALL_CYCLES=10000
long lives property 'Simulation.NothingGoesWrong*' ROLECALL_SEEDS=10000
long month property 'Simulation.NothingGoesWrong*' ROLECALL_SEEDS=300 ROLECALL_DAYS=30
long kills faults 'Calls/KilledAt*:KilledAtRandom*:ProcessFaults*:Compound*' \
  ROLECALL_FAULTS_EVERY=1 ROLECALL_FAULTS_TRIALS=1000
long thousand faults 'KilledAtRandom.Times*' ROLECALL_FAULTS_TRIALS=1000 ROLECALL_FAULTS_GROUPS=200
long disk faults '*IoError*:*FailingStore*:*FullDisk*:*LostWrite*:*PlanFile*:*Migration*' ROLECALL_FAULTS_EVERY=1
for name in "${names[@]}"; do
  [[ $known == *" $name "* ]] || { echo "there is no part called $name:$known" >&2 && failed=1; }
done
exit "$failed"
