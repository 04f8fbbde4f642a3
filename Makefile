# Everything a developer or CI runs. On a fresh machine it needs Python 3.11, 3.12 or 3.13 and network for the first set-up.

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The newest Python that works here: a name on PATH may be a shim for a version that is not installed.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help venv demo test check format-check lint types layers docs docs-check golden bench bench-cel conformance conformance-go fuzz e2e e2e-tools fix wheel-test precommit-try parity lock clean

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'

venv: $(READY) ## the virtual environment, from the hash-locked requirements

$(READY): requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "guardrail needs Python 3.11, 3.12 or 3.13 on PATH (or: make PYTHON=/path/to/python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv ## lint the fixtures with the example profile: what a report looks like (it finds something, as it is meant to)
	@echo '$$ guardrail lint fixtures --profile policies/profiles/example.yaml'
	@$(BIN)/guardrail lint fixtures --profile policies/profiles/example.yaml; code=$$?; echo "(exit code $$code)"; test $$code -le 1

check: format-check lint types layers docs-check test ## everything that CI checks

format-check: venv ## formatting, without changing anything
	$(BIN)/ruff format --check --quiet .

lint: venv ## ruff, all rules
	$(BIN)/ruff check --quiet .

types: venv ## mypy --strict
	$(BIN)/mypy --no-error-summary

layers: venv ## dependencies point inwards
	$(BIN)/lint-imports --no-logo

docs-check: venv ## generated files are up to date
	$(BIN)/guardrail policies docs --check --policies policies
	$(BIN)/python -m tests.docs.picture --check

test: venv ## the tests, the wheel among them
	$(BIN)/pytest

parity: venv ## every object of the corpus as a file and as a request: the same findings (make test takes a part of them)
	GUARDRAIL_PARITY=all $(BIN)/pytest tests/test_real_requests.py

docs: venv ## regenerate what is generated
	$(BIN)/guardrail policies docs --policies policies
	$(BIN)/python -m tests.docs.picture

golden: venv ## rewrite the expected reports; read the diff before you commit it
	GUARDRAIL_GOLDEN=write $(BIN)/pytest tests/reporters

bench: venv ## cost against references in the same run, as ratios (bench.json)
	$(BIN)/python -m tests.bench.bench

bench-cel: venv ## cost of CEL against hand-written Python and, where they are installed, other engines
	$(BIN)/python -m tests.bench.bench_cel

conformance: venv ## the CEL engine on the specification and on what an API server recorded (needs the corpus)
	$(BIN)/python -m tests.conformance.run

ORACLE := tests/conformance/celoracle

conformance-go: venv ## the CEL engine against Kubernetes' own on freshly made expressions (needs Go; skipped without)
	@if command -v go >/dev/null; then go -C $(ORACLE) build -o celoracle . && $(BIN)/python -m tests.conformance.fuzz; \
	else echo "skipped: Go is not installed"; fi

SECONDS ?= 600
SEED ?= 0

fuzz: venv ## the CEL engine against two others and against spoilt input, for SECONDS (600); SEED varies it
	$(BIN)/python -m tests.fuzz.run --corpus --seconds $(SECONDS) --seed $(SEED)

e2e: venv ## the webhook in a real API server (needs Go 1.26 or KUBEBUILDER_ASSETS; skipped without, E2E=required makes that a failure)
	E2E=$(or $(E2E),1) $(BIN)/pytest -rs tests/e2e

e2e-tools: venv ## build the API server and etcd for e2e, once: some minutes, 5 GB while it lasts
	$(BIN)/python -m tests.e2e.assets

fix: venv ## format, and mend what ruff can mend
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

wheel-test: venv ## build the wheel, install it with the locked runtime requirements in a venv of its own, lint with it
	$(BIN)/python -m tests.wheel.install_and_lint

precommit-try: venv ## the hook under the real pre-commit, on a scratch repository
	$(BIN)/python -m tests.hooks.try_pre_commit

lock: ## rewrite the locks from pyproject.toml, one for all supported Pythons
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --output-file requirements.txt
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--constraint requirements.txt --extra webhook pyproject.toml --output-file requirements-webhook.txt
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--constraint requirements-webhook.txt --extra webhook --group pyproject.toml:dev pyproject.toml --output-file requirements-dev.txt

clean: ## remove what was made
	rm -rf $(VENV) build dist bench.json .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
