#!/usr/bin/env bash
# Installs what is missing, builds rolecall and runs every test. The last line is the count.
#
#   tests/run.sh              style, build, tests, examples
#   tests/run.sh --sanitize   the tests under AddressSanitizer and UBSan, what they start being the
#                             release, and what runs in threads under ThreadSanitizer; so does CI
set -uo pipefail

sanitize=false
[[ ${CI:-} == true ]] && sanitize=true

for argument in "$@"; do
  case "$argument" in
    --sanitize) sanitize=true ;;
    *)
      sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      [[ $argument == -h || $argument == --help ]] && exit 0
      exit 1
      ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
unset ROLECALL_API_URL ROLECALL_API_KEY ROLECALL_API_KEY_FILE ROLECALL_STORE ROLECALL_CA_FILE ROLECALL_ORG ROLECALL_BINARY
mkdir -p build
source tests/scratch.sh
scratch="$(mktemp -d -p "$(scratch_place)" rolecall-run-XXXXXX)"
export TMPDIR="$scratch/tmp"
mkdir -m 1777 "$TMPDIR"
chmod 711 "$scratch"
passed=0
failed=0
finished=false

# However the script ends, the last line tells what is known.
conclude() {
  rm -rf "$scratch"
  $finished || failed=$((failed + 1))
  echo
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 ]] || exit 1
  exit 0
}
trap conclude EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '[%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# check WHAT COMMAND...: one test; its output is shown when it fails.
check() {
  local what="$1"
  shift
  say "$what"
  if "$@" </dev/null >"$scratch/output" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    cat "$scratch/output"
    say "FAILED: $what"
  fi
}

# need WHAT COMMAND...: without it, going on makes no sense.
need() {
  local failures=$failed
  check "$@"
  if [[ $failed -gt $failures ]]; then
    finished=true
    exit 1
  fi
  passed=$((passed - 1))  # a step, not a test
}

# An attribute of the <testsuite> in ctest's JUnit file.
junit() { grep -o -m1 "\b$1=\"[0-9]*\"" "$scratch/ctest.xml" | head -n1 | tr -dc '0-9'; }

run_ctest() {
  local preset="$1"
  rm -f "$scratch/ctest.xml"
  ctest --preset "$preset" --parallel 2 --no-tests=error --output-junit "$scratch/ctest.xml" \
    </dev/null >"$scratch/output" 2>&1
  local status=$?
  if [[ ! -s $scratch/ctest.xml ]]; then
    cat "$scratch/output"
    failed=$((failed + 1))
    return
  fi
  local tests failures skipped
  tests="$(junit tests)" failures="$(junit failures)"
  skipped=$(($(junit skipped) + $(junit disabled)))
  if [[ $status -ne 0 ]]; then
    grep -vE '^ *[0-9]+/[0-9]+ Test .* Passed|^ *Start +[0-9]+:' "$scratch/output"
    [[ $failures -gt 0 ]] || failed=$((failed + 1))  # such as no tests at all
  fi
  passed=$((passed + tests - failures - skipped))
  failed=$((failed + failures))
  say "$preset: $tests tests, $failures failed, $skipped skipped"
}

# build PRESET [OPTION OF THE BUILD...]
build() {
  local preset="$1" launcher=()
  shift
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  need "Configuring ($preset)" cmake --preset "$preset" "${launcher[@]}"
  need "Building ($preset); minutes, the first time" cmake --build --preset "$preset" --parallel "$(nproc)" "$@"
}

test_preset() {
  build "$1"
  say "Running the tests ($1)"
  run_ctest "$1"
}

check_format() {
  find state policies diff controller tests \( -name '*.cc' -o -name '*.h' \) -print0 |
    xargs -0 clang-format --dry-run -Werror
}

say "Looking for missing packages"
if ! .ci/install-packages.sh; then
  failed=1 finished=true
  exit 1
fi

if ! command -v clang-format >/dev/null; then
  say "Skipped: the formatting check, since clang-format is not there"
else
  check "Checking the formatting" check_format
fi

run_examples() {
  local example
  for example in examples/*/run.sh; do
    check "Running $example ($1)" env ROLECALL_BINARY="$PWD/build/$1/rolecall" TSAN_OPTIONS=halt_on_error=1 "$example"
  done
}

# Whether the benchmarks still work; what they measure here means nothing.
short_benchmarks() {
  check "Running the benchmarks' short form" env ROLECALL_BENCH_BUILD="build/$1" tests/bench/run.sh --short
}

if ! $sanitize; then
  test_preset dev
  run_examples dev
  short_benchmarks dev
  say "Skipped: what runs under sanitizers, and the release (--sanitize)"
  finished=true
  exit
fi

# What is installed is another program than what developers build: it is the one that is started.
build release --target rolecall
export ROLECALL_BINARY="$PWD/build/release/rolecall"
# Lives take six times as long there: of the three kinds a few hundred together.
ROLECALL_SEEDS=70 test_preset asan
run_examples asan
short_benchmarks release
test_preset tsan
run_examples tsan
finished=true
