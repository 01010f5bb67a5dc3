# Sourced by the scripts beside it.

# Where tests put what they write: thousands of small stores, each of which waits for its disk.
# Memory, where there is a gigabyte of it and programs may run there.
scratch_place() {
  local place="${TMPDIR:-/tmp}" probe="/dev/shm/rolecall-probe-$$" free
  free="$(df --output=avail -BM /dev/shm 2>/dev/null | tail -n1 | tr -dc '0-9')"
  if [[ ${free:-0} -ge 1000 ]] && printf '#!/bin/sh\n' >"$probe" 2>/dev/null; then
    chmod 700 "$probe"
    "$probe" 2>/dev/null && place=/dev/shm
    rm -f "$probe"
  fi
  echo "$place"
}
