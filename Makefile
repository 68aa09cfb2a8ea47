# Two commands do everything: `make up` and `make test`. Each first makes what is missing, and what is there is reused.
SHELL := /bin/bash
.DEFAULT_GOAL := help

ENV ?= demo
CACHE := $(or $(NATSFORM_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/natsform)
NATS_VERSION := $(shell sed -n 's|.*nats-io/nats-server/v2 v||p' tools/go.mod | head -1)
NATSFORM := npx --no-install natsform
GO_BUILD := CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" go build -C tools -ldflags='-s -w'

PYTHON := $(CACHE)/python

PEBBLE_VERSION := $(shell sed -n 's|.*letsencrypt/pebble/v2 v\([0-9.]*\).*|\1|p' tools/deploy/go.mod)
CRANE_VERSION := $(shell sed -n 's|.*google/go-containerregistry v\([0-9.]*\).*|\1|p' tools/deploy/go.mod)
KUBE_SCORE_VERSION := $(shell sed -n 's|.*zegl/kube-score v\([0-9.]*\).*|\1|p' tools/kubernetes/go.mod)
SCHEMAS := $(CACHE)/kubernetes/$(shell sed 's|.*@v\([^ ]*\) .*|\1|' tools/kubernetes/schemas.txt | uniq | paste -sd- -)
pinned = $(shell sed -n 's/^$(1)==//p' tools/python/$(1).txt)

# Releases that the version gates are tried against; natsform itself never runs them.
OLD_VERSIONS := 2.10.26 2.10.27 2.11.17 2.12.1 2.12.12 2.14.2 2.15.2

.PHONY: help up down test acceptance check fix bench docs tools deploy-tools checkov kubernetes-tools old-servers clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

up: node_modules/.installed tools deploy-tools ## run ENV (default: demo) as real servers on this machine and on an emulated AWS, and prove both
	@$(NATSFORM) up $(ENV)
	@$(NATSFORM) verify $(ENV)
	@$(NATSFORM) deploy $(ENV) --emulate --if-possible

down: node_modules/.installed ## stop every twin and emulated AWS, and remove what they kept
	@$(NATSFORM) down --wipe

test: node_modules/.installed tools deploy-tools checkov kubernetes-tools $(CACHE)/bin/natsconf ## all tests, those against real servers included
	@npx --no-install jest $(JEST_ARGS)

acceptance: node_modules/.installed ## apply the stacks on Kubernetes to a cluster that you name, prove them, remove them
	@NATSFORM_ACCEPTANCE=1 npx --no-install jest --runInBand __tests__/acceptance

check: node_modules/.installed ## format, lint, types, and the environments themselves
	@npx --no-install biome ci .
	@npx --no-install tsc --noEmit
	@$(NATSFORM) check

fix: node_modules/.installed ## format and mend what can be mended
	@npx --no-install biome check --write .

bench: node_modules/.installed tools ## figures, each as a ratio to a floor taken in the same run
	@npx --no-install tsx bench/main.ts

docs: node_modules/.installed ## write docs/reference and the pictures anew from schema, rules and topology
	@npx --no-install tsx docs/generate.ts

# A nats-server of the pinned version on PATH is used instead of building one.
tools:
	@if ! [ -x $(CACHE)/bin/nats-server-$(NATS_VERSION) ] && [ "$$(nats-server --version 2>/dev/null)" != "nats-server: v$(NATS_VERSION)" ]; then \
	  command -v go >/dev/null || { echo "make: nats-server $(NATS_VERSION) is neither on PATH nor built, and there is no Go to build it; see natsform doctor" >&2; exit 1; }; \
	  echo "building nats-server $(NATS_VERSION), once"; \
	  $(GO_BUILD) -o $(CACHE)/bin/nats-server-$(NATS_VERSION) github.com/nats-io/nats-server/v2; \
	fi

# What deploys to the emulated AWS: moto, an ACME server, and a tool that writes images without a Docker daemon.
# One that cannot be had is named, and what needs it says so and is skipped.
deploy-tools:
	@$(MAKE) --no-print-directory $(CACHE)/bin/pebble-$(PEBBLE_VERSION) || echo "make: pebble is missing: no certificates on the emulated AWS" >&2
	@$(MAKE) --no-print-directory $(CACHE)/bin/crane-$(CRANE_VERSION) || echo "make: crane is missing: no images" >&2
	@$(MAKE) --no-print-directory $(PYTHON)/moto-$(call pinned,moto)/.installed || echo "make: moto is missing: no emulated AWS" >&2

checkov:
	@$(MAKE) --no-print-directory $(PYTHON)/checkov-$(call pinned,checkov)/.installed || echo "make: checkov is missing: its tests are skipped" >&2

# What the objects on Kubernetes are checked against.
kubernetes-tools:
	@$(MAKE) --no-print-directory $(SCHEMAS) || echo "make: the schemas of Kubernetes are missing: tests against them are skipped" >&2
	@$(MAKE) --no-print-directory $(CACHE)/bin/kube-score-$(KUBE_SCORE_VERSION) || echo "make: kube-score is missing: its test is skipped" >&2

$(CACHE)/bin/pebble-$(PEBBLE_VERSION):
	@echo "building pebble $(PEBBLE_VERSION), once"; $(call build_tool,github.com/letsencrypt/pebble/v2/cmd/pebble)

$(CACHE)/bin/crane-$(CRANE_VERSION):
	@echo "building crane $(CRANE_VERSION), once"; $(call build_tool,github.com/google/go-containerregistry/cmd/crane)

$(CACHE)/bin/kube-score-$(KUBE_SCORE_VERSION):
	@echo "building kube-score $(KUBE_SCORE_VERSION), once"; $(call build_tool,github.com/zegl/kube-score/cmd/kube-score,tools/kubernetes)

# The Go proxy has them, and its checksums are checked; of the modules nothing but these files is kept.
$(SCHEMAS):
	@command -v go >/dev/null || exit 1; echo "taking the schemas of Kubernetes out of their Go modules, once"; \
	rm -rf $@.part; mkdir -p $@.part/modules; \
	while read -r module file; do \
	  folder=$$(cd $@.part && GOMODCACHE=$@.part/modules GOFLAGS=-modcacherw go mod download -json $$module | sed -n 's|.*"Dir": "\(.*\)".*|\1|p') && \
	  cp "$$folder/$$file" $@.part || exit 1; \
	done < tools/kubernetes/schemas.txt; \
	rm -rf $@.part/modules && mv $@.part $@

# Built beside its place and moved there: a run that is cut off leaves nothing that looks whole.
build_tool = CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" go build -C $(or $(2),tools/deploy) -ldflags='-s -w' -o $@.part $(1) && mv $@.part $@

$(PYTHON)/%/.installed:
	@echo "installing $* from PyPI, once"; rm -rf $(@D); mkdir -p $(@D) && python3 -m venv $(@D) && \
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r tools/python/$(firstword $(subst -, ,$*)).txt && touch $@

old-servers: $(OLD_VERSIONS:%=$(CACHE)/bin/nats-server-%)

$(CACHE)/bin/nats-server-%:
	@echo "building nats-server $*, for tests"; mkdir -p $(CACHE)/build/$*; \
	GOBIN=$(CACHE)/build/$* CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" go install -ldflags='-s -w' github.com/nats-io/nats-server/v2@v$* && \
	mv $(CACHE)/build/$*/nats-server $@ && rmdir $(CACHE)/build/$*

# nats-server's own parser as a program: printers are tested against it.
$(CACHE)/bin/natsconf: tools/natsconf/main.go tools/go.mod
	@if command -v go >/dev/null; then echo "building natsconf"; $(GO_BUILD) -o $@ ./natsconf; \
	else echo "make: no Go, so the tests against nats-server's parser are skipped"; fi

# Not `npm ci`: it insists that the lock file names the optional packages of every platform, and not every registry has them.
node_modules/.installed: package.json package-lock.json
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

clean: down ## remove what was installed into the checkout
	@rm -rf node_modules .natsform
