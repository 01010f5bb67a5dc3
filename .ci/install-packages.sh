#!/usr/bin/env bash
# Installs the packages of packages.txt that are missing; says nothing and touches nothing
# when there are none.
set -euo pipefail

list="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages.txt"
mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list")

if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian system, so nothing was installed. rolecall needs the equivalents of:" >&2
  echo "  ${wanted[*]}" >&2
  exit 0  # they may be there under other names; CMake says what it does not find
fi

missing=()
for package in "${wanted[@]}"; do
  status="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    {
      echo "These packages are missing, and this user may not install them:"
      echo "  ${missing[*]}"
      echo "As root:  apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# Stale package lists may still do, so only the installation decides.
"${apt[@]}" update >"$log" 2>&1 || echo "apt-get update failed; trying with the lists at hand." >&2
if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "The packages above could not be installed. rolecall is built on Debian 12 (bookworm)." >&2
  exit 1
fi
