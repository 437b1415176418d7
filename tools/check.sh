#!/usr/bin/env bash
# What `make check` does: everything about the tree that is no test of behaviour.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }
fail() { echo "check: $*" >&2; exit 1; }

step "formatting"
bad=$(git ls-files '*.go' | xargs gofmt -l)
[ -z "$bad" ] || fail "run gofmt on: $bad"

step "modules"
for dir in . tools bench/floor; do (cd "$dir" && go mod tidy -diff) || fail "run go mod tidy in $dir"; done

step "generated code"
make -s tools
(cd views && ../bin/templ generate -log-level error)
bin/sqlc diff
for dir in static/src static/src/charts; do (cd "$dir" && npm ci --silent --no-audit --no-fund); done
go run ./static/build -check
static/css/build.sh
[ -z "$(git status --porcelain -- '*_templ.go' db static)" ] || { git status --short -- '*_templ.go' db static; fail "generated code is stale: run make generate and commit"; }

step "vet and staticcheck"
go vet -tags e2e,slow ./... # no file is for builds without a tag only
bin/staticcheck -tags e2e,slow ./...

step "TypeScript"
(cd static/src && for part in . shim editor frame verifier; do npx --no-install tsc --noEmit -p "$part"; done)

step "sizes"
go test -run 'Sizes|Small' ./static/...

step "race detector"
export CGO_ENABLED=1
go test -race -p 1 -timeout 25m $(go list ./db/... ./engine/... ./services/... ./handlers/... | grep -v /engine/simulate)
go test -race -run 'Compare|Panic' ./engine/simulate # its workers; the other tests are arithmetic, ten times slower here
