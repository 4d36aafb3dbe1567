# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
# Files of tests at the same time; each starts servers and browsers of its own.
WORKERS ?= 2
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help run test check format install bench screenshots lock clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: install ## a demo clinic on this machine; prints the addresses and the demo logins
	@exec env DEMO=true MONGODB_URI= $(PY) -m server serve

test: $(VENV)/.dev check ## everything the tests need, then lint, types and all tests: what CI runs

check: ## lint, types and all tests with what is installed
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -n $(WORKERS) --dist loadfile

format: ## put the code into its form
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

install: $(VENV)/.runtime ## the locked dependencies into .venv, only when the lock changed

bench: $(VENV)/.dev ## every benchmark, as ratios to a bare reference in the same run
	$(PY) -m benchmarks

screenshots: $(VENV)/.dev ## take the README's pictures anew, in a real browser
	RENEW_SCREENSHOTS=1 $(PY) -m pytest -q tests/browser/test_look.py tests/browser/test_kiosk.py tests/browser/test_display.py

# pip-tools comes from a throwaway environment, so that it is in nobody's lock.
lock: ## write requirements*.txt anew from requirements*.in
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(PYTHON) -m venv "$$tools"; "$$tools/bin/pip" install --quiet pip-tools; \
	for name in requirements requirements-dev; do \
		CUSTOM_COMPILE_COMMAND="make lock" "$$tools/bin/pip-compile" --quiet --generate-hashes --no-emit-index-url \
			--no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe \
			--output-file "$$name.txt" "$$name.in"; \
	done

clean: ## the environment and every cache; never the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(PY)
	@echo "installing what requirements.txt locks"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(PY)
	@echo "installing what requirements.txt and requirements-dev.txt lock"
	@$(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime
