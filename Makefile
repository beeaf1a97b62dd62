# make demo    a fresh machine with Python 3.11+ and make: environment, install, then the main job on a real table
# make test    the same set-up with the development tools: lint, types, tests
# make bench   synthgen beside its peers, each in an environment of its own (benchmarks/README.md)
# make clean   remove the environment and what the targets above left
#
# All are safe to run twice: an environment is built only when pyproject.toml or constraints.txt changed.
# Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

 # The page is tested in a Chromium; without one those tests are skipped.
APT := DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium
CHROMIUM := for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    { $(APT) || { apt-get update && $(APT); }; } >/dev/null 2>&1 </dev/null; \
  fi; true

.PHONY: help demo test bench clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

demo: $(VENV)/.installed
	$(BIN)/synthgen run examples/data/shoppers.csv --target Revenue

test: $(VENV)/.installed-dev
	@$(CHROMIUM)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) *.synthgen build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "synthgen needs Python 3.11 or newer; $(PYTHON) is older. Try: make demo PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.installed
