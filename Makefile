# Tunewell. `make help` says what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

# What is installed is marked by a stamp that carries the lock's checksum: a changed lock installs again,
# an interrupted install leaves no stamp, a second run does nothing. Python comes first: it may bring npm.
checksum = $(shell cat $(1) 2>/dev/null | cksum | cut -d' ' -f1)
PYTHON_DEV := .venv/.dev-$(call checksum,requirements.lock requirements-dev.lock)
PYTHON_RUN := $(or $(wildcard $(PYTHON_DEV)),.venv/.run-$(call checksum,requirements.lock))
NPM_DEV := node_modules/.dev-$(call checksum,package-lock.json)
NPM_RUN := $(or $(wildcard $(NPM_DEV)),node_modules/.run-$(call checksum,package-lock.json))

PY := .venv/bin/python
MANAGE := $(PY) manage.py
# In CI a skipped test is a failure: there, whatever a test needs must be present.
PYTEST := $(PY) -m pytest $(if $(CI),-p tests.no_skips)
# Many tests wait for processes, so two workers share the files, in the order given: those that take longest first.
TWO_WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
# Where the machine has no Node, ours is in .venv.
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm

.PHONY: help
help:  ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

.PHONY: demo
demo: install  ## Start the portal and watch it find a good network [ONCE=1] [PORT=8000]
	@$(MANAGE) demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

.PHONY: install install-dev
install: $(PYTHON_RUN) $(NPM_RUN)  ## Install what running needs, pinned, into .venv and node_modules
install-dev: $(PYTHON_DEV) $(NPM_DEV)  ## Install what developing needs too

$(PYTHON_DEV):
	@rm -f .venv/.run-* .venv/.dev-*
	tools/setup python requirements-dev.lock
	@touch $@

$(NPM_DEV):
	tools/setup frontend
	@touch $@

ifneq ($(PYTHON_RUN),$(PYTHON_DEV))
$(PYTHON_RUN):
	@rm -f .venv/.run-* .venv/.dev-*
	tools/setup python requirements.lock
	@touch $@
endif

ifneq ($(NPM_RUN),$(NPM_DEV))
$(NPM_RUN):
	tools/setup frontend --omit=dev
	@touch $@
endif

.PHONY: test test-python test-js test-browser test-long
test: install-dev system lint test-python test-js test-browser  ## Install what is missing, check the code, run the tests

test-python: install-dev  ## Python tests only
	$(PYTEST) $(TWO_WORKERS) tests/integration tests/unit

test-js: install-dev  ## JavaScript tests only
	$(NPM) test

test-browser: install-dev system  ## Browser tests only
	$(PYTEST) tests/e2e

test-long: install-dev system  ## What is slow: a fresh clone, a hundred kills, accuracy on real files
	$(PYTEST) $(TWO_WORKERS) -m "not alone" tests/long
	$(PYTEST) -m alone tests/long

.PHONY: system
system: $(PYTHON_DEV)
	@tools/setup system

.PHONY: lint
lint: install-dev  ## Check style, types and the arrows between the rooms
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/lint-imports
	.venv/bin/mypy
	$(NPM) run --silent lint
	$(MANAGE) check
	$(MANAGE) makemigrations --check --dry-run

.PHONY: results
results: install  ## Measure again what docs/RESULTS.md says
	$(PY) -m tools.results

.PHONY: health
health: install  ## Put faults into trainings again, and write what health says of them into docs/HEALTH.md
	$(PY) -m tools.health_faults

.PHONY: bench
bench: install  ## Compare our speed and memory with a peer's, and write docs/BENCHMARKS.md
	$(PY) -m benchmarks

.PHONY: faults
faults: install-dev system  ## Kill processes again and again, and write docs/FAULTS.md
	TUNEWELL_WRITE_FAULTS=1 $(PYTEST) tests/long/test_chaos.py tests/long/test_slots.py tests/long/test_live_page.py

COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--generate-hashes --no-header $(if $(UPGRADE),--upgrade)
.PHONY: lock
lock: install-dev  ## Bring the locks in line with pyproject.toml and package.json [UPGRADE=1]
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --extra dev --extra postgres --extra redis --extra s3 -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group node -o requirements-node.lock
	$(NPM) install --package-lock-only --no-audit --no-fund

.PHONY: clean
clean:  ## Remove what was installed or built; keep databases, results and logs
	rm -rf .venv node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
