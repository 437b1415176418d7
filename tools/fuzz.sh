#!/usr/bin/env bash
# Fuzzes every decoder, one after the other, each for so long: fuzz.sh 60s [PACKAGE...]
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:?how long, such as 60s}
shift
[ $# -gt 0 ] || set -- $(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -n1 dirname | sort -u)
for package in "$@"; do
  for name in $(grep -h '^func Fuzz' "$package"/*_test.go | sed -E 's/^func (Fuzz[A-Za-z0-9]*).*/\1/' | sort); do
    printf '\n== %s in %s\n' "$name" "$package"
    go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -parallel 1
  done
done
