# What people and CI run. `make help` lists it; scripts/ holds what is longer than a line.

SWIFT ?= swift
DESTDIR ?=
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc

export SWIFT DESTDIR PREFIX SYSCONFDIR

.DEFAULT_GOAL := help
.PHONY: help swift-is-new deps deps-test build release program check test contract lint format outside demo install clean bench bench-large simulate torture
# Everything builds in one directory: one step after the other, whatever -j says.
.NOTPARALLEL:

help: ## list what there is
	@printf 'Dues: make TARGET\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	  printf '  %-12s %s\n' "$$name" "$$text"; done

swift-is-new:
	@scripts/swift-version.sh

demo: swift-is-new deps ## build, tell the whole story on the embedded sandbox, then keep serving it
	$(SWIFT) build --product dues
	.build/debug/dues demo

deps: ## install the system packages that building needs (asks first on a terminal)
	@scripts/deps.sh build

deps-test: ## the same, and those that the tests need
	@scripts/deps.sh build test

build: swift-is-new deps ## build the program for development: .build/debug/dues
	$(SWIFT) build --product dues

release: program ## build what a server gets: .build/release/dues, its man page and completions
	@scripts/manual.sh

program: swift-is-new deps
	$(SWIFT) build -c release --product dues --static-swift-stdlib

check: lint deps ## the fast part of the tests: layout and `swift test`, without simulated lives and spoiled input
	$(SWIFT) build --build-tests
	@scripts/inside.sh

test: ## everything that CI runs, and what it needs to be installed
	@scripts/test.sh

contract: swift-is-new deps ## only the Stripe contract: the sandbox, and Stripe itself if DUES_STRIPE_TEST_KEY is set
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter ContractTests
	@scripts/contract-said.sh

torture: swift-is-new deps ## 100,000 spoiled inputs at everything that reads, then 500 kills of the real process: SEED=N for others
	$(SWIFT) build --build-tests
	DUES_FUZZ_INPUTS=100000 DUES_FUZZ_SEED=$(SEED) $(SWIFT) test --skip-build --filter FuzzTests
	@DUES_SEED=$(or $(SEED),1) scripts/torture-kill.sh

lint: swift-is-new ## is the code laid out as .swift-format says?
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

format: swift-is-new ## lay it out so
	$(SWIFT) format format --in-place --recursive --parallel Sources Tests Package.swift

outside: ## only the tests from outside (pytest): ARGS="-k road" chooses
	@scripts/outside.sh $(ARGS)

install: ## put program, man page, units, templates and examples under PREFIX (after `make release`)
	@scripts/install.sh

clean: ## remove what was built, and the Python environment
	rm -rf .build .venv

simulate: swift-is-new deps ## weeks of simulated life from seeds, judged by the laws: SEEDS="1...1000", ARGS="--lives 300000"
	$(SWIFT) build -c release --product simulate --static-swift-stdlib
	.build/release/simulate --seeds $(or $(SEEDS),1...1000) $(ARGS)

bench: program ## measure what must be fast against its peers (docs/BENCH.md): ARGS="--small", ARGS="--only 1,3"
	@scripts/deps.sh build bench
	$(SWIFT) build -c release --product bench-empty --static-swift-stdlib
	@scripts/bench.sh $(ARGS)

bench-large: ## the same with ten million charges, rows 4 and 5 alone: an hour, 60 GB of disk
	@$(MAKE) bench ARGS="--only 4,5 --large"
