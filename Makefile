# Two commands do everything: `make up` and `make test`. Each first makes what is missing, and what is there is reused.
SHELL := /bin/bash
.DEFAULT_GOAL := help

ENV ?= demo
NATSFORM := npx --no-install natsform

.PHONY: help environment up down test soak acceptance mutants check fix bench docs fixtures client-package client-docs clean \
        tools deploy-tools checkov kubernetes-tools natsconf nats-cli old-servers server-version

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

# First of all: a wrong name is said before anything is installed or built.
environment:
	@[ -e 'environments/$(ENV).ts' ] || { echo "make: there is no environment $(ENV); there are:" \
	  $(patsubst environments/%.ts,%,$(wildcard environments/*.ts)) >&2; exit 1; }

up: environment node_modules/.installed ## run ENV (default: demo) as real servers on this machine and on an emulated AWS, and prove both
	@$(NATSFORM) tools install --environment $(ENV)
	@$(NATSFORM) up $(ENV)
	@$(NATSFORM) verify $(ENV)
	@$(NATSFORM) deploy $(ENV) --emulate --if-possible

down: node_modules/.installed ## stop every twin and emulated AWS, and remove what they kept
	@$(NATSFORM) down --wipe

test: node_modules/.installed ## all tests, those against real servers included
	@$(NATSFORM) tools install --for test
	@npx --no-install jest $(JEST_ARGS)

soak: node_modules/.installed ## properties for longer than in make test, with another seed each time
	@NATSFORM_SOAK=1 npx --no-install jest $(JEST_ARGS) $(shell grep -l 'support/soak' -r __tests__ --include=*.test.ts)

acceptance: node_modules/.installed ## apply the stacks on Kubernetes to a cluster that you name, prove them, remove them
	@NATSFORM_ACCEPTANCE=1 npx --no-install jest --runInBand __tests__/acceptance

mutants: node_modules/.installed ## try whether the fast tests notice planted weakenings of security and durability
	@npx --no-install tsx mutants/main.ts $(ARGS)

check: node_modules/.installed ## format, lint, types, and the environments themselves
	@npx --no-install biome ci .
	@npx --no-install tsc --noEmit
	@$(NATSFORM) check

fix: node_modules/.installed ## format and mend what can be mended
	@npx --no-install biome check --write .

bench: node_modules/.installed tools ## figures, each as a ratio to a floor taken in the same run
	@npx --no-install tsx bench/main.ts

client-package: node_modules/.installed ## build the client library as a package of its own, in build/client-package
	@npx --no-install tsx artifacts/client-package/build.ts

client-docs: node_modules/.installed ## write the API pages of the client library, in build/client-docs
	@node node_modules/typedoc/bin/typedoc --options artifacts/client-package/typedoc.json

fixtures: node_modules/.installed ## record the plans that real Terraform makes of the examples in docs/examples
	@$(NATSFORM) tools install --for test
	@npx --no-install tsx docs/examples/record.ts

docs: node_modules/.installed ## write docs/reference and the pictures anew from schema, rules and topology
	@npx --no-install tsx docs/generate.ts

# Tools from elsewhere, in the cache of natsform. What they are and how they are made is in cli/core/toolbox/list.ts; what
# cannot be had is named with the reason, and what needs it says so and is skipped.
tools: node_modules/.installed
	@$(NATSFORM) tools install nats-server

deploy-tools: node_modules/.installed
	@$(NATSFORM) tools install moto pebble crane --if-possible

checkov: node_modules/.installed
	@$(NATSFORM) tools install checkov --if-possible

kubernetes-tools: node_modules/.installed
	@$(NATSFORM) tools install kubernetes-schemas kube-score --if-possible

natsconf: node_modules/.installed
	@$(NATSFORM) tools install natsconf --if-possible

# The official command line, with which people use the contexts that natsform writes.
nats-cli: node_modules/.installed
	@$(NATSFORM) tools install nats-cli --if-possible

# Measures a release of nats-server, runs the truth tests on it in a copy, and writes what changed when they pass.
server-version: node_modules/.installed
	@[ -n "$(V)" ] || { echo "make: which release? make server-version V=2.15.2" >&2; exit 1; }
	@$(NATSFORM) tools install --for test
	@$(NATSFORM) tools install nats-server@$(V)
	@npx --no-install tsx tools/server-version.ts '$(V)' '$(ONLY)'

# Releases that the version gates are tried against; natsform itself never runs them.
old-servers: node_modules/.installed
	@$(NATSFORM) tools install old-servers

# Not `npm ci`: it insists that the lock file names the optional packages of every platform, and not every registry has them.
node_modules/.installed: package.json package-lock.json
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

clean: down ## remove what was installed into the checkout
	@rm -rf node_modules .natsform
