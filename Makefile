# Everything works on a fresh machine with Python 3.11, pip, git and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SERVICES := ingestion attribution invoicing portal
# The longest first, so that two that run at once end at about the same time.
SUITES := system engine attribution portal sample_company invoicing architecture command local isolation \
	stripe_standin ingestion cases docker shared domain page_previews
# What these suites cover of the domains must be all of it; see tool.coverage in pyproject.toml. Those
# that start servers are not measured: Python runs half as fast where it is.
MEASURED := domain shared
COVERAGE := var/coverage
# What is needed to import the services' settings where nothing is connected to.
CHECKS := set -a && . deploy/checks.env && set +a &&

# What `make lint` runs pins other versions of what we use, so it has an environment of its own.
LINT := $(VENV)/lint
# What makes bills for `make test-data`, of other licences and with other versions of what we use.
DATA := $(VENV)/data
# What takes DuckDB long with a bill of two lines is binding, which takes many small pieces of memory:
# of mimalloc the suites of the engine take 12 to 24 % less processor, of a larger cache of glibc's
# a tenth. Elsewhere than on Linux they run without.
ENGINES := engine sample_company cases
ALLOCATOR := $(if $(filter Linux,$(shell uname -s)),$(VENV)/allocator)
LINTERS := secrets rules licences migrations imports style
# Where it is set, each suite rewrites the tests and pytest's plugins anew, which takes 3 s of processor,
# and each process of a stack compiles our own modules.
unexport PYTHONDONTWRITEBYTECODE

# Nothing is asked or said over the network.
SEMGREP := SEMGREP_ENABLE_VERSION_CHECK=0 $(LINT)/bin/semgrep scan --metrics=off --disable-version-check

FAULTS ?= 30
LINES ?= 5000000 20000000

.PHONY: help install assets demo demo-check up test test-deep covered \
	e2e browser chaos controls check-overload check-slow-demo check-attacks fuzz-api fuzz-bills \
	fuzz-bills-total check-true-up test-data bench bench-attribution bench-fairness bench-tenants \
	lint types format lock clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Create .venv with everything pinned by hash

$(VENV)/.installed: requirements.lock requirements-uv.lock pyproject.toml deploy/pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock requirements-uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable ./deploy
	touch $@

assets: install ## Build the portal's style sheet and scripts
	$(BIN)/python -m deploy.local.assets

demo: install ## The whole line on real servers, and it stays up (Ctrl-C stops it)
	$(BIN)/trueback demo

demo-check: install ## The same without a person; the last line is one JSON object (THEN=command runs before it stops)
	@TRUEBACK_HOME=$${TRUEBACK_HOME:-var/demo-check} $(BIN)/trueback demo --check --reset $(if $(THEN),--then '$(THEN)')

up: install ## The stack alone, live, without the sample
	$(BIN)/trueback up

test: install assets $(ALLOCATOR:%=%/.installed) ## All test suites, each service with its own settings and database
	@rm -rf $(COVERAGE)
	@$(MAKE) --no-print-directory -j2 -Otarget $(SUITES:%=suite-%)
	@$(MAKE) --no-print-directory covered

suite-%: export GLIBC_TUNABLES = glibc.malloc.tcache_count=20000
suite-%:
	@echo "== $*"; mkdir -p $(COVERAGE); COVERAGE_FILE=$(COVERAGE)/.coverage.$* \
		LD_PRELOAD=$(if $(filter $*,$(ENGINES)),$(wildcard $(CURDIR)/$(ALLOCATOR)/cmeel.prefix/lib/libmimalloc.so)) \
		$(BIN)/pytest -q $(if $(filter $*,$(MEASURED)),--cov --cov-report=) tests/$*

$(VENV)/allocator/.installed: requirements-allocator.lock $(VENV)/.installed
	$(BIN)/uv pip install --quiet --no-deps --only-binary :all: --require-hashes \
		--target $(VENV)/allocator --python $(BIN)/python -r requirements-allocator.lock
	touch $@

covered: ## Every line and branch of each domain is tested, by what the suites have measured
	@$(BIN)/coverage combine --quiet --keep --data-file $(COVERAGE)/all $(COVERAGE)/.coverage.*
	@$(BIN)/coverage report --data-file $(COVERAGE)/all --fail-under 100

test-deep: install ## The engine's property tests with 5,000 scenarios (SEED=n repeats a run)
	@seed=$(or $(SEED),$$($(BIN)/python -c 'import secrets; print(secrets.randbelow(10**6))')); \
	echo "SEED=$$seed"; \
	$(BIN)/pytest -q tests/engine -m hypothesis --timeout 0 \
		--hypothesis-profile deep --hypothesis-seed $$seed --randomly-seed $$seed

e2e: install assets browser ## Journeys and axe in Chromium, on a demo of its own
	$(BIN)/pytest -q tests/e2e

browser: ## Chromium, where there is none (Debian, as root)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		test "$$(id -u)" = 0 || { echo 'make e2e needs Chromium: sudo apt-get install chromium'; exit 1; }; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; }

chaos: install assets ## A close under FAULTS seeded faults (SEED=n repeats a plan); one JSON object
	@$(BIN)/python -m tests.system.chaos --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

controls: install assets ## Drills fail where what they are about is taken away (CONTROLS="close attacks"); a JSON object
	@$(BIN)/python -m tests.controls $(CONTROLS)

check-overload: install ## The stack of TRUEBACK_HOME bears slow, idle and stopped others; a JSON object per case
	@$(BIN)/python -m tests.overload $(CASES)

check-slow-demo: install assets ## The demo at SHARE (0.1) of this machine's speed, for MINUTES (120) at most; one JSON object
	@$(BIN)/python -m tests.slow_demo $(if $(SHARE),--share $(SHARE)) $(if $(MINUTES),--minutes $(MINUTES))

check-attacks: install assets ## Attacks on a stack of its own (ATTACKS="tokens bus"); the last line is one JSON object
	@$(BIN)/python -m tests.attacks $(ATTACKS)

fuzz-api: install assets ## CASES (1,000) generated and hostile requests, and who reads what (SEED=n repeats); one JSON object
	@$(BIN)/python -m tests.fuzz $(if $(FUZZ_HOME),--home $(FUZZ_HOME)) $(if $(CASES),--cases $(CASES)) \
		$(if $(SEED),--seed $(SEED))

fuzz-bills: install ## FILES (2,000) mutated deliveries from number FROM on, and BILLS (300) in all formats; one JSON object
	@$(BIN)/python -m tests.fuzz.bills --results $(or $(RESULTS),var/fuzz-bills.jsonl) \
		$(if $(FROM),--from $(FROM)) $(if $(FILES),--files $(FILES)) $(if $(BILLS),--bills $(BILLS)) \
		$(if $(SEED),--seed $(SEED))

fuzz-bills-total: install ## What all slices of RESULTS (var/fuzz-bills.jsonl) come to; a JSON object per seed
	@$(BIN)/python -m tests.fuzz.bills --total --results $(or $(RESULTS),var/fuzz-bills.jsonl)

check-true-up: install ## SEQUENCES (500) of restatements, payments and credits, and planted faults (SEED=n repeats); one JSON object
	@$(BIN)/python -m tests.true_up $(if $(SEQUENCES),--sequences $(SEQUENCES)) $(if $(SEED),--seed $(SEED))

test-data: install $(DATA)/.installed ## Bills that other programs make, and those of SAMPLES=folder: each total; one JSON object
	@$(BIN)/python -m tests.samples --programs $(DATA)/bin $(if $(WRITE),--write) $(if $(SAMPLES),--samples '$(SAMPLES)')

$(DATA)/.installed: requirements-data.lock $(VENV)/.installed
	test -x $(DATA)/bin/python || $(BIN)/python -m venv --without-pip $(DATA)
	VIRTUAL_ENV=$(DATA) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements-data.lock
	touch $@

bench: bench-attribution bench-fairness ## Both benches; fails where a limit is missed

bench-attribution: install ## Speed, memory and restatement of LINES bill lines; a JSON object per size
	@$(BIN)/python -m tests.bench.attribution $(LINES)

bench-fairness: install ## How far tenants' cost is off where signals are missing; JSON objects
	@$(BIN)/python -m tests.bench.fairness

bench-tenants: install assets ## TENANTS (20,000) on a real stack, to their statements in every service; one JSON object
	@$(BIN)/python -m tests.bench.tenants $(TENANTS)

lint: install $(LINT)/.installed ## Style, imports, migrations, our rules of security, secrets, licences
	@$(MAKE) --no-print-directory -j2 -Otarget $(LINTERS:%=lint-%)

$(LINT)/.installed: requirements-lint.lock $(VENV)/.installed
	test -x $(LINT)/bin/python || $(BIN)/python -m venv --without-pip $(LINT)
	VIRTUAL_ENV=$(LINT) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements-lint.lock
	touch $@

lint-style:
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check --quiet .

lint-imports:
	$(BIN)/lint-imports

lint-migrations:
	@$(CHECKS) for service in $(SERVICES); do \
		$(BIN)/python -W ignore -m services.$$service.manage makemigrations --check --dry-run $$service \
			|| exit 1; \
	done

lint-rules: # the rules find what they must, then nothing in the product
	@$(SEMGREP) --test --config tests/semgrep/rules.yaml tests/semgrep/rules.py >/dev/null 2>&1 || \
		{ $(SEMGREP) --test --config tests/semgrep/rules.yaml tests/semgrep/rules.py; exit 1; }
	$(SEMGREP) --error --quiet --config tests/semgrep/rules.yaml services shared deploy

# Locks and the golden documents have digests, pictures have bytes.
lint-secrets: # ruff's S105 to S107 look for passwords in Python, as the plugin that is left out would
	git ls-files -z -- . ':!*.lock' ':!*package-lock.json' ':!docs/images' ':!tests/invoicing/golden/documents' | \
		xargs -0 $(LINT)/bin/detect-secrets-hook --no-verify --disable-plugin KeywordDetector

lint-licences: var/sbom.json
	$(BIN)/python -m tests.licences var/sbom.json requirements.lock

var/sbom.json: $(VENV)/.installed
	@mkdir -p var
	$(LINT)/bin/cyclonedx-py environment $(BIN)/python --output-format JSON --output-reproducible -o $@

types: install ## mypy, strict, once per Django project
	@$(CHECKS) for service in $(SERVICES); do \
		DJANGO_SETTINGS_MODULE=services.$$service.config.settings $(BIN)/mypy services/$$service \
			|| exit 1; \
	done
	@$(CHECKS) DJANGO_SETTINGS_MODULE=services.invoicing.config.settings $(BIN)/mypy shared services/command deploy

format: install ## Bring the code into form
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

lock: ## Resolve the dependencies again
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --generate-hashes \
		--no-emit-index-url --no-header --python-version 3.11 --quiet \
		--no-emit-package trueback --no-emit-package trueback-local -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra services --constraints requirements.lock \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.13 \
		--quiet -o requirements-services.lock
	$(BIN)/uv pip compile --group lint --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --quiet -o requirements-lint.lock
	$(BIN)/uv pip compile --group data --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --quiet -o requirements-data.lock
	$(BIN)/uv pip compile --group allocator --no-deps --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --python-version 3.11 --quiet -o requirements-allocator.lock
	echo 'uv==0.13.9' | $(BIN)/uv pip compile - --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --python-version 3.11 --quiet -o requirements-uv.lock

clean: ## Remove what the demo and the tests left behind
	@! grep -qsx live var/mode var/*/mode || { echo 'var holds a live stack; `trueback up --reset` deletes it'; exit 1; }
	rm -rf var .mypy_cache .ruff_cache .pytest_cache .hypothesis
