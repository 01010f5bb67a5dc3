#!/usr/bin/env bash
# Looks for inputs that break an invariant, in every target or in those named, one after the other.
#
#   tests/fuzz/run.sh [SECONDS_EACH] [TARGET...]
#
# Needs clang++-14. New inputs are kept in build/fuzz/corpus; one that breaks something is left in
# build/fuzz/finds: mend what it found and move it to tests/fuzz/corpus under a telling name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds="${1:-60}"
shift || true
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for source in tests/fuzz/*_target.cc; do
    name="$(basename "$source" _target.cc)"
    targets+=("$name")
  done
fi

cmake --preset fuzz >/dev/null
ninja -C build/fuzz "${targets[@]/#/fuzz_}"
mkdir -p build/fuzz/finds
failed=0
for target in "${targets[@]}"; do
  mkdir -p "build/fuzz/corpus/$target"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384
           -artifact_prefix="build/fuzz/finds/$target-" -print_final_stats=1)
  [[ -f tests/fuzz/dict/$target.dict ]] && options+=(-dict="tests/fuzz/dict/$target.dict")
  echo "== $target"
  if ! "build/fuzz/tests/fuzz_$target" "${options[@]}" "build/fuzz/corpus/$target" \
    "tests/fuzz/corpus/$target" >"build/fuzz/$target.log" 2>&1; then
    failed=1
    grep -aE -m1 'ERROR:|runtime error|logic_error' -A20 "build/fuzz/$target.log" || true
  fi
  grep -aE '^#[0-9]+.*(DONE|INITED)|stat::number_of_executed_units|stat::peak_rss' \
    "build/fuzz/$target.log" || true
done
exit "$failed"
