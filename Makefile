# The README's commands. `make help` lists them.
GO      ?= go
TOOL     = $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X main.version=$(VERSION)
FUZZTIME ?= 1s
FUZZBUILD ?=
SPECS   ?=
OUT     ?= demo-out
DURATION ?= 2m
SIZE    ?= small

.DEFAULT_GOAL := build
.PHONY: screens load prove-tests build demo test quick prove bench eval-categories fmt lint generate generated fuzz help

# Runs a command beside a PostgreSQL server of its own, which it installs where
# there is none. The variable makes a test that finds no server fail, not skip.
WITH_POSTGRES = scripts/postgres run --
test prove prove-tests: export DRAWBRIDGE_TEST_POSTGRES_REQUIRED = 1
test prove prove-tests: export DRAWBRIDGE_TEST_BROWSER_REQUIRED = 1

build: ## build bin/drawbridge
	scripts/pages
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/drawbridge ./cmd/drawbridge

demo: build ## build, then show the main job on a partner that it starts
	./bin/drawbridge demo --out $(OUT)

# The race detector watches every package in the process that tests it, and the
# whole server in the tests of RACED. Those of WHOLE run without it: they drive the
# program or a browser from outside, copy whole records, try every act in every role,
# or act out what people do on two databases, and under the detector take most of the
# time of everything. The long form watches them too.
RACE   = -race
WHOLE  = drawbridge $(addprefix drawbridge/internal/,trust custody seed tour web/browser access account api policy register review inquiry lifecycle programme portfolio dossier)
RACED  = TestServerScripts/^(inbox|push|review)$$|^TestJourney$$

test: lint generated ## everything that CI runs
	scripts/tools gcc strace chromium
	scripts/pages --tests
	$(GO) vet ./...
	$(WITH_POSTGRES) $(GO) test $(RACE) -shuffle=on -p 2 -timeout 30m $(filter-out $(WHOLE),$(shell $(GO) list ./...))
	$(WITH_POSTGRES) $(GO) test $(RACE) -shuffle=on -timeout 30m -run '$(RACED)' . ./internal/api
	$(WITH_POSTGRES) $(GO) test -shuffle=on -p 2 -timeout 30m $(WHOLE)
	FUZZTIME=$(FUZZTIME) FUZZBUILD=$(FUZZBUILD) scripts/fuzz

quick: ## vet and tests; needs Go alone, skips what needs PostgreSQL
	$(GO) vet ./...
	$(GO) test ./...

prove: ## the long form, before an issue closes
	$(MAKE) test FUZZTIME=30s FUZZBUILD=-fuzz=.
	$(MAKE) prove-tests
	$(MAKE) bench
	$(MAKE) eval-categories

prove-tests: export PROVE = 1
prove-tests: ## the tests in their long form
	$(WITH_POSTGRES) $(GO) test -race -shuffle=on -p 2 -count=2 -timeout 120m $$($(GO) list ./... | grep -v /internal/trust)
	$(WITH_POSTGRES) $(GO) test -v -timeout 60m -run TestPortfolio ./internal/programme # a pack over 10,000 integrations, and how long it takes
	$(WITH_POSTGRES) $(GO) test -v -timeout 120m ./internal/trust # prints its figures; an hour without the race detector

bench: build ## figures of TARGETS; SPECS=DIR adds the real specifications there
	scripts/bench '$(SPECS)'

load: ## 50 people on a seeded server; SIZE=full is the size of the target, DURATION how long
	scripts/load '$(DURATION)' '$(SIZE)'

screens: ## pictures of every screen, with a page to leaf through them; OUT=DIR says where
	scripts/tools chromium
	scripts/pages --tests
	DRAWBRIDGE_SCREENS='$(abspath $(OUT))' DRAWBRIDGE_TEST_BROWSER_REQUIRED=1 $(GO) test -count=1 -v -run TestPages/screens ./internal/web/browser

eval-categories: ## precision and recall of the category guesses; SPECS=DIR holds the real specifications
	$(GO) run ./cmd/evalcat --specs '$(SPECS)'

fmt: ## format the code
	$(TOOL) golangci-lint fmt

lint: ## format, linters
	$(TOOL) golangci-lint fmt --diff
	$(TOOL) golangci-lint run

generate: ## write the generated files anew
	$(GO) generate ./...

generated: generate ## fail when generating changes anything
	git diff --exit-code --stat -- ':(glob)**/*_gen.*' ':(glob)**/*_templ.go' docs/reference

fuzz: ## fuzz each target for FUZZTIME
	FUZZTIME=$(FUZZTIME) scripts/fuzz

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18
