# The front door. Each target is one npm script or one file in hack/; `make help` lists them.
# The project brings its own Node: node_modules/.bin comes first in PATH.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INSTALLED := node_modules/.installed

# Not `npm ci`: it refuses a lockfile that was written where a registry lacks some platform's build of
# an optional package. `--no-save` installs the locked versions and leaves the lockfile alone.
$(INSTALLED): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "make: npm is needed (Node 20 or newer brings it); install it and run make again." >&2; exit 1; }
	@echo "Installing the npm packages of package-lock.json (Node 24 is one of them) …"
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: install
install: $(INSTALLED) ## install the npm packages, Node 24 among them

.PHONY: demo
demo: $(INSTALLED) ## hub + 3 members and the console on this machine (CHECK=1: unattended, checks, tears down)
	@npm run --silent demo -- $(if $(CHECK),--check,)

.PHONY: up
up: $(INSTALLED) ## only the clusters: hub + 3 members, without the operator
	@npm run --silent up

.PHONY: down
down: $(INSTALLED) ## stop what demo or up left running
	@npm run --silent down

.PHONY: test
test: $(INSTALLED) ## all tests that CI runs (ONLY=unit|integration|e2e for one ring)
	@npm run --silent test -- $(if $(ONLY),--only $(ONLY),)

.PHONY: e2e-ray
e2e-ray: $(INSTALLED) ## real Ray jobs on a real node, through the tunnel, metered and paid (Debian, root)
	@npm run --silent e2e-ray

.PHONY: verify
verify: $(INSTALLED) ## format, lint, types, layers, dead code, generated files up to date
	@npm run --silent verify

.PHONY: generate
generate: $(INSTALLED) ## write crds/generated from crds/schema, and the program's layouts from its IDL
	@npm run --silent generate

.PHONY: format
format: $(INSTALLED) ## format the sources
	@npm run --silent format

.PHONY: build
build: $(INSTALLED) ## bundle the operator into dist/io-operator.mjs, kubectl io into dist/kubectl-io
	@npm run --silent build

.PHONY: screenshots
screenshots: $(INSTALLED) ## one PNG of each view of the console in both themes, in dist/screenshots
	@npm run --silent screenshots

.PHONY: bench
bench: $(INSTALLED) ## JSON lines with the figures (ONLY=name for one of them)
	@npm run --silent bench -- $(if $(ONLY),--only $(ONLY),)

.PHONY: soak
soak: $(INSTALLED) ## kill hubs, api, agents and PostgreSQL at random while renters come and go (KILLS=1000 MINUTES=30 SEED=1)
	@npm run --silent soak -- $(if $(KILLS),--kills $(KILLS),) $(if $(MINUTES),--minutes $(MINUTES),) $(if $(SEED),--seed $(SEED),)

.PHONY: program
program: $(INSTALLED) ## build the Solana program and say its hash (WRITE=1: make that the hash to build)
	@npm run --silent program -- $(if $(WRITE),--write,)

.PHONY: fuzz
fuzz: $(INSTALLED) ## random instructions on the Solana program and its model (INSTRUCTIONS=1000000 SEED=1)
	@npm run --silent fuzz -- $(if $(INSTRUCTIONS),--instructions $(INSTRUCTIONS),) $(if $(SEED),--seed $(SEED),)

.PHONY: mutate
mutate: $(INSTALLED) ## remove the program's checks one by one: a test has to notice each
	@npm run --silent mutate

.PHONY: clean
clean: down ## also remove build output of this checkout (binaries stay in the cache)
	@rm -rf dist coverage bench node_modules/.cache
