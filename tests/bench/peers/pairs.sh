#!/usr/bin/env bash
# pairs.sh FOLDER: memberships as plain lines, "address TAB group", sorted and compared.
export LC_ALL=C
comm -3 <(sort "$1/wanted.tsv") <(sort "$1/live.tsv") |
  awk '/^\t/ { print "remove_member" $0; next } { print "add_member " $0 }' | sed 's/^remove_member\t/remove_member /'
