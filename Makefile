# The one door. `make help` lists what it opens.
#
#   make run    set up, build, and start a simulated state with its map
#   make test   everything that must hold before a change lands
#   make check  the quick subset
#   make bench  the measurements of benches/README.md
#   make bless  rewrite the generated and snapshot files that `make test` compares

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run web test check bench bless need-build need-test format lint docs rust-test web-test e2e generated clean-tree

# In CI a cache outside the tree saves the dependencies from one run to the next; it may be absent.
ifeq ($(CI),true)
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/emberwatch/target
endif
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
RELEASE := $(TARGET)/release/emberwatch
CHROMIUM ?= $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))
export CHROMIUM

help:
	@sed -n 's/^#   //p' Makefile

run: $(RELEASE)
	$(RELEASE) demo

# -- set-up ------------------------------------------------------------------------------------------

need-build:
	@for tool in cargo npm node; do command -v $$tool >/dev/null || { echo "make: $$tool is missing; install Rust (rustup.rs) and Node 20 or newer" >&2; exit 1; }; done

# What only the tests need. As root it is installed; otherwise it is named.
need-test: need-build
	@missing=(); \
	[ -n "$$(ls /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome 2>/dev/null)" ] || missing+=(chromium); \
	[ -n "$$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing+=(postgresql); \
	if [ $${#missing[@]} -gt 0 ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$${missing[@]}"; \
	  else echo "make: please install $${missing[*]} (Debian packages of those names)" >&2; exit 1; fi; \
	fi

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | need-build
	cd web && npm ci --no-audit --no-fund
	@touch $@

WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts
web/dist/index.html: $(WEB_SOURCES) web/node_modules/.package-lock.json
	cd web && npm run --silent build
web: web/dist/index.html

RUST_SOURCES := $(shell find src migrations data -type f 2>/dev/null) Cargo.toml Cargo.lock
$(RELEASE): $(RUST_SOURCES) web/dist/index.html
	cargo build --release --locked
	@touch $@

# -- what must hold ----------------------------------------------------------------------------------

test: need-test format web lint docs generated web-test rust-test e2e clean-tree

check: need-build web format lint
	cargo test --locked --lib --test architecture
	cd web && npm run --silent typecheck && npm run --silent test

format:
	cargo fmt --check

lint: web
	cargo clippy --locked --all-targets -- -D warnings
	cd web && npm run --silent typecheck && npm run --silent lint

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet

rust-test: web
	cargo test --locked

web-test: web/node_modules/.package-lock.json
	cd web && npm run --silent test

e2e: $(RELEASE)
	cd web && EMBERWATCH_BIN=$(RELEASE) npm run --silent e2e

# The API description and the client's types are made from the code; a difference fails.
generated: web/node_modules/.package-lock.json web
	cargo run --locked --quiet -- openapi | diff -u web/openapi.json - || { echo "web/openapi.json is out of date: make bless" >&2; exit 1; }
	cd web && npx openapi-typescript openapi.json 2>/dev/null | npx biome format --stdin-file-path=schema.ts | diff -u src/api/schema.ts - || { echo "web/src/api/schema.ts is out of date: make bless" >&2; exit 1; }

bless: web
	cargo run --locked --quiet -- openapi > web/openapi.json
	cd web && npm run --silent types
	INSTA_UPDATE=always cargo test --locked

# Tests leave nothing behind: checked where the tree began clean.
clean-tree:
	@if [ "$(CI)" = true ] && [ -n "$$(git status --porcelain)" ]; then git status --short >&2; echo "make test changed the tree" >&2; exit 1; fi

bench: web
	cargo bench --locked --benches
