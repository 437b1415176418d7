# Samplit. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export CGO_ENABLED ?= 0
TEMPL := bin/templ
SQLC := bin/sqlc
STATICCHECK := bin/staticcheck
# Every folder with tests that drive a browser.
E2E = $(sort $(dir $(shell grep -rl --include='*_test.go' --exclude-dir=node_modules '^//go:build e2e' .)))

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: ## set up what is missing, build, seed the demo and start Samplit
	@tools/install.sh run
	@go build -o bin/samplit ./cmd/samplit
	@bin/samplit demo && exec bin/samplit serve

build: ## build bin/samplit
	go build -trimpath -o bin/samplit ./cmd/samplit

test: ## run every test, with a real database, mail server and browser
	@tools/install.sh test
	go test -p 2 -timeout 20m ./...
	go test -p 1 -count 1 -timeout 20m -tags e2e $(E2E) # the program they start is no input that the cache knows

slow: ## long simulations, long chaos, long fuzzing
	@tools/install.sh test
	go test -p 1 -timeout 60m -tags slow ./...
	go test -p 1 -count 1 -timeout 30m -tags "e2e slow" ./e2e/standards
	tools/fuzz.sh 60s

check: ## generated code, format, vet, staticcheck, race, TypeScript, sizes
	@tools/install.sh check
	tools/check.sh

bench: ## Go benchmarks and HTTP load figures, as ratios to floors of the same run
	@tools/install.sh bench
	go test -run '^$$' -bench . -benchmem -timeout 30m ./engine/... ./db/ ./services/ ./proxy/
	go test -run '^$$' -bench Scale -benchtime 1x -timeout 20m ./handlers
	bench/samplit.sh
	go test -run '^$$' -bench Boot -benchtime 1x -tags e2e ./e2e/snippet

generate: $(TEMPL) $(SQLC) ## rebuild generated code: templ, sqlc, scripts, style sheet
	cd views && ../$(TEMPL) generate
	$(SQLC) generate
	go run ./static/build
	static/css/build.sh

$(TEMPL): tools/go.mod
	cd tools && go build -o ../$@ github.com/a-h/templ/cmd/templ
$(SQLC): tools/go.mod
	cd tools && go build -o ../$@ github.com/sqlc-dev/sqlc/cmd/sqlc
$(STATICCHECK): tools/go.mod
	cd tools && go build -o ../$@ honnef.co/go/tools/cmd/staticcheck

tools: $(TEMPL) $(SQLC) $(STATICCHECK) ## build the pinned tools into bin/

.PHONY: help run build test slow check bench generate tools
