# make demo   the main job, from the catalogue in the box to refused calls
# make test   everything, race detector included
# make bench  figures, each beside what it is measured against
# make lint   formatting, vet, staticcheck, generated code up to date
# make generate

GO ?= go
# Modules of their own, the tools of .ci left out. There may be no git to ask.
NESTED := $(sort $(dir $(shell find . -mindepth 2 -name go.mod -not -path './.*')))

.PHONY: demo test bench lint generate

demo:
	@$(GO) run ./internal/dev/demo

# A program with the race detector sleeps a second before it ends, and tests start
# hundreds of them.
test: export GORACE := atexit_sleep_ms=0 $(GORACE)
test:
	$(GO) test -race ./...
	@set -e; for module in $(NESTED); do echo "$(GO) test -race ./... # in $$module"; (cd $$module && $(GO) test -race ./...); done

bench:
	$(GO) run ./internal/dev/bench
	$(GO) test -run '^$$' -bench . ./runtime ./runtime/httpsig ./spec
	$(GO) test -run '^$$' -bench . -benchtime 5000x ./runtime/internal/bench/call
	@set -e; for module in $(NESTED); do case $$module in *bench*) echo "# $$module"; (cd $$module && $(GO) run .);; esac; done

generate:
	$(GO) generate ./...
	cd examples && $(GO) generate ./...

lint:
	@unformatted="$$(gofmt -l .)"; test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./runtime/grant # it has code for Windows alone
	$(GO) tool -modfile=.ci/tools/go.mod staticcheck ./...
	$(GO) run ./cmd/scopegen check --catalogue spec/scopes.yaml
	$(GO) run ./cmd/scopegen check --catalogue internal/dev/golden/scopes.yaml
	cd examples && $(GO) tool scopegen check --catalogue bookshop/scopes.yaml
	cd examples && $(GO) tool scopegen check --catalogue webhooks/catalogue/scopes.yaml
