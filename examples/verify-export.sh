#!/usr/bin/env bash
# Verifies what `rolecall audit export` wrote, without rolecall: every hash with sha256sum, and the
# signatures with ssh-keygen where you name whose keys you trust (ssh-keygen(1), ALLOWED SIGNERS).
# Exit code 0: it is whole.
#
#   verify-export.sh EXPORT.jsonl [ALLOWED_SIGNERS]
set -euo pipefail
export LC_ALL=C # lengths are of bytes

wrong() {
  echo "$1" >&2
  exit 1
}
sha256() { sha256sum | cut -c 1-64; }

file=$1
signers=${2:-}
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

head_line='^\{"rolecall_audit_export":1,"store":"([^"]+)","organizations":\[.*\]\}$'
row_line='^\{"hash":"([0-9a-f]{64})","row":(\{"seq":([0-9]+),"type":".*\})\}$'
checkpoint_line='^\{"checkpoint":\{"seq":([0-9]+),"hash":"([0-9a-f]{64})","signature":"([^"]+)"\}\}$'

header=$(head -n 1 "$file" | tr -d '\0')
[[ $header =~ $head_line ]] || wrong "the first line is not that of an export"
store=${BASH_REMATCH[1]}

seq=0
hash=$(printf 'rolecall audit store 1\n%s' "$store" | sha256)
hashes=("$hash")
signatures=0
signed=no
while IFS= read -r line; do
  if [[ $line =~ $row_line && ${BASH_REMATCH[3]} == "$((seq + 1))" && $signed == no ]]; then
    stated=${BASH_REMATCH[1]}
    row=${BASH_REMATCH[2]}
    hash=$(printf 'rolecall audit row 1\n%s\n%d\n%s' "$hash" "${#row}" "$row" | sha256)
    [[ $hash == "$stated" ]] || wrong "row $((seq + 1)) was altered"
    seq=$((seq + 1))
    hashes[seq]=$hash
  elif [[ $line =~ $checkpoint_line ]]; then
    signed=yes # rows come before
    at=${BASH_REMATCH[1]}
    [[ ${hashes[at]:-none} == "${BASH_REMATCH[2]}" ]] || wrong "the checkpoint of row $at is of another log"
    [[ -n $signers ]] || continue
    printf '%s' "${BASH_REMATCH[3]//\\u000a/$'\n'}" >"$scratch/signature"
    who=$(ssh-keygen -Y find-principals -s "$scratch/signature" -f "$signers" 2>&1) ||
      wrong "the checkpoint of row $at is signed by nobody in $signers"
    printf 'rolecall-audit-head v1\n%s %s %s\n' "$store" "$at" "${hashes[at]}" |
      ssh-keygen -Y verify -n rolecall-audit -f "$signers" -I "${who%%$'\n'*}" \
        -s "$scratch/signature" >/dev/null 2>&1 || wrong "the signature of row $at is not right"
    signatures=$((signatures + 1))
  else
    wrong "row $((seq + 1)) is missing, altered or elsewhere"
  fi
done < <(head -n -1 "$file" | tail -n +2 | tr '\0' '?')

printf '{"rows":%d,"head":"%d:%s","sha256":"%s"}\n' "$seq" "$seq" "$hash" \
  "$(head -n -1 "$file" | sha256)" | cmp -s - <(tail -n 1 "$file") ||
  wrong "the last line does not fit what is before it"
[[ -z $signers || $signatures -gt 0 ]] || wrong "nobody signed it"
echo "$seq rows, head $seq:$hash${signers:+, $signatures signatures}"
