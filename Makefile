# Everything a fresh machine needs: Python >= 3.11 with pip and venv, and make.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo serve test check browser faults bench drill audit sbom lock messages clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 …")'
	@echo "Installing what it needs, one to three minutes …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.lock .venv/run
	@echo "Installing the test tools …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/run ## Set everything up and serve sample data on http://localhost:8000
	@exec $(BIN)/portal demo

serve: .venv/run ## Serve without sample data
	@exec $(BIN)/portal serve

test: .venv/dev ## Run every test; browser tests say so when Chromium is missing
	@$(BIN)/python -m pytest -q -n 2 -m "not browser and not fault"
	@$(BIN)/python -m pytest -q -m "browser" -rs

check: .venv/dev ## Linters, types, layers, translations
	@$(BIN)/ruff check portal db tests bench locale .ci piccolo_conf.py
	@$(BIN)/ruff format --check -q portal db tests bench locale .ci piccolo_conf.py
	@$(BIN)/mypy portal db piccolo_conf.py
	@$(BIN)/lint-imports
	@$(BIN)/python locale/update.py --check

faults: .venv/dev ## Kill, stop and starve the processes under load (minutes); REPORT=docs/faults.md keeps the figures
	@PORTAL_FAULTS_REPORT=$(REPORT) $(BIN)/python -m pytest -q -m fault -s

bench: .venv/run ## Measure speed (SIZE="1000 200000"); see docs/performance.md
	@$(BIN)/python -m bench $(SIZE)

drill: .venv/run ## Lose a small desk and restore it from its backup; see docs/drill.md
	@$(BIN)/python -m bench.drill

audit: ## Look what is locked up among known weaknesses; fails also when that can't be done
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.lock

sbom: .venv/run ## Write sbom.json, the bill of materials (CycloneDX)
	@$(BIN)/python .ci/sbom.py > sbom.json

messages: .venv/dev ## Bring the catalogues in line with code and templates
	@$(BIN)/python locale/update.py

lock: .venv/dev ## Resolve dependencies anew (needs uv)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile -q pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -o requirements.lock --upgrade
	@$(BIN)/uv pip compile -q pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -c requirements.lock -o requirements-dev.lock --upgrade

clean: ## Remove what was installed; data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
