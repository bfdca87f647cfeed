# Needs Python 3.11 or newer, and make. Another Python than `python3`: `make test PYTHON=python3.13`.
PYTHON ?= python3
# Test processes at once: as many as there are processors, up to four.
WORKERS ?= auto --maxprocesses 4

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := $(shell grep '^torch==' constraints.txt)
G2P := $(shell grep '^g2p-en==' constraints.txt)
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check fix slow bench bench-quick

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 13

install: $(STAMP) ## make the environment in .venv

demo: $(STAMP) ## train a translator on the phrasebook that comes with Seqloom, and show it
	$(BIN)/seqloom quickstart

test: $(STAMP) ## run all tests but the slow ones
	$(BIN)/pytest -q -n $(WORKERS)

check: $(STAMP) ## format, lint, types, layers, fast tests and the quick laws
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n $(WORKERS) -m "not slow and not thorough"
	$(BIN)/python -m seqloom.testing --quick

fix: $(STAMP) ## repair format and lint where ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

slow: $(STAMP) ## run the slow tests: convergence
	$(BIN)/pytest -q -m slow

bench: $(STAMP) ## run every measurement in bench/; MULTI30K, PEERS and MODEL name the folders that some need
	@set -e; for script in $(filter-out bench/quick.py,$(wildcard bench/*.py)); do echo "== $$script"; $(BIN)/python $$script; done

bench-quick: $(STAMP) ## compare a few kernels with what bench/history/ kept of them; ends with an error over 15 % slower
	$(BIN)/python bench/quick.py

# Of g2p-en a test wants the weights that it carries, and nothing that it depends on.
# torch comes first and alone, so that nothing that needs it picks another; which build of it, pip's configuration decides.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Seqloom needs Python 3.11 or newer, but \`$(PYTHON)\` is not. Do \`make $(MAKECMDGOALS) PYTHON=/path/to/python3.11\`."; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q $(TORCH)
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	$(PIP) install -q --no-deps $(G2P)
	@$(BIN)/python -c 'import sys; from importlib.metadata import version; got = version("torch").partition("+")[0]; \
	  sys.exit(None if "torch==" + got == "$(TORCH)" else f"constraints.txt asks for $(TORCH), but pip installed {got}.")'
	@touch $@
