# What the README promises. `make run` and `make test` need Python 3.11 or newer and nothing else.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
HOME_DIR ?= var

.PHONY: run test check bench bench-names peers stack-test lock clean

run: $(VENV)/run ## everything, with a demo session; Ctrl-C stops it
	@exec $(VENV)/bin/uploader serve --home $(HOME_DIR) --demo

test: $(VENV)/dev ## the whole test suite
	$(PYTHON) -m pytest --numprocesses $$(( ($$(nproc) * 3 + 1) / 2 )) --dist loadfile --no-loadscope-reorder # many tests wait

stack-test: $(VENV)/dev ## the stack of containers, for real: needs root, docker.io, docker-compose, debootstrap
	$(PYTHON) -m pytest -m stack tests/stack

check: $(VENV)/dev ## lint, format, types, layering
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/bench ## figures beside peers, in one run; asserts nothing
	$(PYTHON) -m bench

bench-names: $(VENV)/dev ## how often the suggested name of a structure is right, beside plain likeness
	$(PYTHON) -m bench.names

peers: $(VENV)/peers ## test suites of XNAT clients, as their authors ship them, against the embedded archive
	$(PYTHON) -m tests.peers

$(VENV)/made:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	@python3 -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/run: $(VENV)/made requirements/run.txt pyproject.toml
	@echo "Installing what it needs into $(VENV): some minutes, the first time only."
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(PYTHON) -m compileall -q uploader
	@touch $@

$(VENV)/dev: $(VENV)/run requirements/dev.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/bench: $(VENV)/dev requirements/bench.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/peers: $(VENV)/dev requirements/peers.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	@touch $@

lock: ## renew the locked dependencies
	for extra in run dev bench peers; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade \
	    $$( [ $$extra = run ] && echo --extra build || echo --extra build --extra $$extra --constraint requirements/run.txt ) \
	    pyproject.toml -o requirements/$$extra.txt; \
	done

clean:
	rm -rf $(VENV) var build dist
