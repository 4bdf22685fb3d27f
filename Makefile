# One target per habit; CI calls the same ones. Every target that runs something sets up first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

# The first Python on the path that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

BIN := .venv/bin

# Half as many tests again as there are processors run at once: many of them wait for a process, a database or a
# deadline.
PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2)
export PYTEST_XDIST_AUTO_NUM_WORKERS

.PHONY: help setup run demo test prove crash fuzz mutate bench audit docs examples check format format-check lint types layers lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.stamp ## make .venv from the lock

.venv/.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "billing-core needs Python 3.11 or newer on the path" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing from requirements.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-index --no-build-isolation --editable .
	@touch $@

run: setup ## serve the API and the pages at http://HOST:PORT (127.0.0.1:8000)
	@$(BIN)/billing-core serve

demo: setup ## a scripted customer's year, told as a story
	@$(BIN)/billing-core demo

test: setup ## every test; and that the domain's own tests reach each of its branches
	$(BIN)/pytest --numprocesses=auto --dist=worksteal
	$(BIN)/pytest tests/unit/domain --numprocesses=auto --dist=worksteal --hypothesis-profile=brief \
		--cov=billing_core.domain --cov-report=term-missing --cov-fail-under=100

prove: setup ## the long property, order and simulation runs too, with many more examples
	$(BIN)/pytest tests -m "" --hypothesis-profile=prove --numprocesses=auto --dist=worksteal -o faulthandler_timeout=0

crash: setup ## a hundred kills of the server under load on each database, crashes of PostgreSQL, many processes at once, a fleet behind a proxy, kills at Stripe, kills with pictures in hand, chaos at image providers
	$(BIN)/pytest -m long -rP -o faulthandler_timeout=0 tests/integration/test_crash.py tests/integration/test_many_processes.py \
		tests/integration/test_killed_at_stripe.py tests/integration/test_killed_while_making.py \
		tests/integration/test_pictures_under_chaos.py tests/integration/test_fleet.py

fuzz: setup ## ask every operation 300 times for what the OpenAPI document allows and does not, and post 250,000 odd webhooks
	$(BIN)/pytest -m long -rP -o faulthandler_timeout=0 tests/integration/door/test_fuzzed_operations.py \
		tests/integration/door/test_fuzzed_webhooks.py

mutate: setup ## break the rules of the domain in thousands of ways, one by one: does a test of the domain tell? Takes hours; it goes on where it was (ONLY=billing_core.domain.credits.*)
	$(BIN)/mutmut run --max-children 2 $(if $(ONLY),'$(ONLY)')

bench: setup ## the product against references that do the least possible (ONLY=line JSON=file ROUNDS=n QUICK=1 BENCH_PEERS=folder)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(QUICK),--quick)

audit: setup ## ask which locked versions have known holes; ends badly, and says so, where that cannot be asked
	@$(BIN)/python .ci/audit.py

docs: setup ## build the documentation, warnings as errors, to build/docs/index.html
	$(BIN)/sphinx-build -q -W --keep-going -j auto -d build/doctrees docs build/docs

examples: setup ## run every example from the built wheel, in a fresh environment
	$(BIN)/pytest -m "wheel and not long" tests/integration/test_from_the_wheel.py

check: format-check lint types layers docs test examples ## what CI runs: format, lint, types, layers, documentation, tests, examples

format: setup ## write the house format and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

format-check: setup
	$(BIN)/ruff format --check .

lint: setup ## ruff
	$(BIN)/ruff check .

types: setup ## mypy, strict
	$(BIN)/mypy

layers: setup ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo --no-cache

lock: setup ## write requirements.lock anew (UPGRADE=--upgrade takes newer versions)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		$(UPGRADE) --output-file requirements.lock pyproject.toml > /dev/null

clean: ## remove caches and builds; .venv and var stay
	rm -rf build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
