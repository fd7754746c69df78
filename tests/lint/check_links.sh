#!/bin/bash
# usage: check_links.sh PROGRAM...
#
# Exits 1 when one of the programs loads LibTorch, which belongs to advae-trainer alone.
set -euo pipefail

violations=0
for program in "$@"; do
  libraries=$(ldd "$program")
  if found=$(grep --extended-regexp --only-matching 'lib(torch|c10|caffe2)[^ ]*' <<<"$libraries"); then
    echo "$program loads ${found//$'\n'/ }"
    violations=1
  fi
done
exit "$violations"
