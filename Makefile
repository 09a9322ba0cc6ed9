# make demo   the main job, from the catalogue in the box to refused calls
# make test   everything, what runs beside something else with the race detector
# make bench  figures, each beside what it is measured against
# make lint   formatting, vet, staticcheck, generated code up to date
# make generate

GO ?= go
# Modules of their own, the tools of .ci left out. There may be no git to ask.
NESTED := $(patsubst %/go.mod,%,$(sort $(shell find . -mindepth 2 -name go.mod -not -path './.*')))

.PHONY: demo test test-concurrent test-runtime test-rest test-modules bench lint generate

demo:
	@$(GO) run ./internal/dev/demo

# Where something runs beside something else, which a test holds this list to. In the
# rest the race detector has nothing to find, and would take two to five times as long.
CONCURRENT := ./runtime/... ./spec/sandbox/... ./internal/change/diff ./internal/generate/output ./internal/dev/golden/...
CONCURRENT_MODULES := ./runtime/oauth2token ./runtime/redisstore
# "make lint" vets. What is tested in one target needs nothing of another: "make -j2 test"
# leaves less of two cores idle.
test: test-concurrent test-rest test-modules test-runtime

# A program with the race detector sleeps a second before it ends, and tests start
# hundreds of them. The detector needs cgo.
test-concurrent test-modules: export GORACE := atexit_sleep_ms=0 $(GORACE)
test-concurrent:
	CGO_ENABLED=1 $(GO) test -race -vet=off $(CONCURRENT)

# With the race detector there are fewer calls, and large answers are left out.
test-runtime:
	$(GO) test -vet=off ./runtime

test-rest:
	@set -e; all="$$($(GO) list ./...)"; concurrent="$$($(GO) list $(CONCURRENT))"; \
		echo "$(GO) test -vet=off # the rest"; $(GO) test -vet=off $$(echo "$$all" | grep -vxF "$$concurrent")

# What "make lint" vets serves "go vet" here too, but not the vet of "go test -race".
test-modules:
	@set -e; for module in $(CONCURRENT_MODULES); do echo "$(GO) test -race ./... # in $$module"; (cd $$module && CGO_ENABLED=1 $(GO) test -race ./...); done
	@set -e; for module in $(filter-out $(CONCURRENT_MODULES),$(NESTED)); do \
		echo "$(GO) test ./... # in $$module"; (cd $$module && $(GO) vet ./... && $(GO) test -vet=off ./...); done

bench:
	$(GO) run ./internal/dev/bench
	$(GO) test -run '^$$' -bench . ./runtime ./runtime/httpsig ./spec ./internal/program/outline
	$(GO) test -run '^$$' -bench . -benchtime 5000x ./runtime/internal/bench/call
	@set -e; for module in $(NESTED); do case $$module in *bench*) echo "# $$module"; (cd $$module && $(GO) run .);; esac; done

generate:
	$(GO) generate ./...
	cd examples && $(GO) generate ./...

lint:
	@unformatted="$$(gofmt -l .)"; test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=.ci/tools/go.mod staticcheck ./...
	$(GO) run ./cmd/scopegen check --catalogue spec/scopes.yaml
	$(GO) run ./cmd/scopegen check --catalogue internal/dev/golden/scopes.yaml
	cd examples && $(GO) tool scopegen check --catalogue bookshop/scopes.yaml
	cd examples && $(GO) tool scopegen check --catalogue webhooks/catalogue/scopes.yaml
