# `make` alone prints the targets.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO      ?= go
LDFLAGS := -s -w -X main.version=$(VERSION)
JUDGES  := $(patsubst %/package-lock.json,%/node_modules,$(wildcard test/conformance/*/*/package-lock.json))

.PHONY: help run build test race fuzz lint bench conformance conformance-node gallery clean

help: ## print this
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and start on http://localhost:8080 with everything under ./data
	@deploy/setup.sh run
	@$(MAKE) --no-print-directory build
	@bin/tintype serve --demo --data data --listen localhost:8080

build: ## build bin/tintype
	@echo "building bin/tintype (the first time takes a few minutes: SQLite is compiled too)"
	@$(GO) build -mod=readonly -trimpath -ldflags '$(LDFLAGS)' -o bin/tintype ./cmd/tintype

test: ## install what the tests need and run all of them
	@deploy/setup.sh test
	@$(MAKE) --no-print-directory build $(JUDGES)
	$(GO) vet ./...
	TINTYPE_BIN=$(CURDIR)/bin/tintype TINTYPE_TEST_REQUIRE_POSTGRES=1 $(GO) test -mod=readonly ./...
	TINTYPE_BIN=$(CURDIR)/bin/tintype $(GO) test -mod=readonly -count=1 -tags conformance ./test/conformance/

race: ## the tests of all packages under the race detector
	@deploy/setup.sh test
	$(GO) test -mod=readonly -race ./internal/...

conformance: ## the official SDKs against the real server, and nothing else
	@deploy/setup.sh test
	@$(MAKE) --no-print-directory build $(JUDGES)
	TINTYPE_BIN=$(CURDIR)/bin/tintype $(GO) test -mod=readonly -count=1 -v -tags conformance ./test/conformance/

conformance-node: ## the Node SDK's own tests, from the checkout that TINTYPE_CLOUDINARY_NPM names
	@test -n "$(TINTYPE_CLOUDINARY_NPM)" || { echo "TINTYPE_CLOUDINARY_NPM must name a checkout of the Node SDK's repository, with its dependencies installed: docs/conformance.md"; exit 1; }
	@deploy/setup.sh test
	@$(MAKE) --no-print-directory build
	TINTYPE_BIN=$(CURDIR)/bin/tintype $(GO) test -mod=readonly -count=1 -v -tags conformance -run TestNodeSuite ./test/conformance/

bench: ## renditions beside libvips, hits beside nginx, uploads beside dd
	@deploy/setup.sh bench
	@$(MAKE) --no-print-directory build
	TINTYPE_BIN=$(CURDIR)/bin/tintype $(GO) test -run "^$$" -bench "Cold|Hit|Upload" -benchtime 12x -timeout 30m ./test/bench

gallery: ## one page with every operation on a picture: bin/gallery/index.html
	@$(MAKE) --no-print-directory build
	TINTYPE_BIN=$(CURDIR)/bin/tintype TINTYPE_GALLERY=$(CURDIR)/bin/gallery $(GO) test -mod=readonly -count=1 -tags gallery ./test/gallery
	@echo "see bin/gallery/index.html"

fuzz: ## every fuzz target for a short while (FUZZTIME=10s)
	@deploy/fuzz.sh $(or $(FUZZTIME),10s)

lint: ## gofmt and vet
	@test -z "$$(gofmt -l cmd internal test | tee /dev/stderr)"
	$(GO) vet ./...

clean: ## remove what was built; ./data stays
	rm -rf bin $(JUDGES)

# The official SDKs for Node.js, each in the version that its lock file names.
test/conformance/%/node_modules: test/conformance/%/package-lock.json
	cd $(@D) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@
