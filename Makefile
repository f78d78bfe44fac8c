# `make demo` and `make test` set up everything they need in .venv; PYTHON names the interpreter to use.
PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# As pip does for what it installs; where Python may not write bytecode, every start would compile our sources anew.
COMPILED := $(PY) -m compileall -q src

.NOTPARALLEL:
.PHONY: help demo check test lint bench fuzz picture schemas rules commands man goldens lock clean

help:
	@echo "make demo     validate, compile, apply and rehearse on the example"
	@echo "make check    run the tests that are not slow, while working"
	@echo "make test     run all tests"
	@echo "make lint     ruff and mypy"
	@echo "make bench    run the benchmarks"
	@echo "make picture  draw docs/report.png from the example's page (needs chromium)"
	@echo "make fuzz     hostile projects against every command, for SECONDS=60 with SEED=0"
	@echo "make schemas  write schemas/ from the models"
	@echo "make rules    write docs/rules.md and docs/rules/ from the rules"
	@echo "make commands write docs/commands.md from the commands' help"
	@echo "make man      write man/sweepgen.1 from the commands' options"
	@echo "make goldens  recompile the examples that the tests compare with"
	@echo "make lock     write requirements.lock (needs uv)"
	@echo "make clean    remove .venv and caches"

demo: .venv/.base
	@$(PY) examples/demo.py

check: .venv/.dev
	$(PY) -m pytest -n auto -m 'not slow'

test: .venv/.dev
	$(PY) -m pytest -n auto

lint: .venv/.dev
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy

bench: .venv/.dev
	$(PY) benchmarks/run.py

picture: .venv/.dev
	$(PY) examples/page_picture.py

SECONDS ?= 60
SEED ?= 0
fuzz: .venv/.dev
	$(PY) tests/fuzzing.py --seconds $(SECONDS) --seed $(SEED)

schemas: .venv/.dev
	$(PY) -m sweepgen.project.json_schema

rules: .venv/.dev
	$(PY) scripts/rule_pages.py

# As wide whatever the terminal, and dated by the last change of the commands.
man: .venv/.dev
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct -- src/sweepgen/cli) COLUMNS=100 .venv/bin/argparse-manpage --module sweepgen.cli.completion --function whole_parser \
		--project-name sweepgen --prog sweepgen --manual-title sweepgen --format single-commands-section \
		--description "compile tuning specs to Azure ML sweeps" --output man/sweepgen.1

commands: .venv/.dev
	$(PY) scripts/commands_page.py > docs/commands.md.new
	mv docs/commands.md.new docs/commands.md

goldens: .venv/.dev
	$(PY) -m pytest --update-goldens tests/test_examples.py

# Without hosts and hashes: the lock is a list of versions, whatever index they come from.
lock:
	uv pip compile --quiet --universal --python-version 3.10 --extra dev --upgrade \
		--no-emit-index-url --no-emit-find-links \
		pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "sweepgen needs Python 3.10 or later, and $(PYTHON) is not: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up .venv"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --upgrade pip
	@touch $@

.venv/.base: .venv/.python pyproject.toml requirements.lock
	@echo "Installing sweepgen"
	@$(PIP) install -c requirements.lock -e '.[report]'
	@$(COMPILED)
	@touch $@

.venv/.dev: .venv/.python pyproject.toml requirements.lock
	@$(PY) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || { \
		echo "the tests need TensorFlow, which has no build for this Python: make clean, then make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing sweepgen and what its tests need (TensorFlow among it: this takes a while)"
	@$(PIP) install -c requirements.lock -e '.[dev]'
	@$(COMPILED)
	@touch $@ .venv/.base
