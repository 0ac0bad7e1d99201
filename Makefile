# Two commands matter: `make book` builds the site, `make test` checks everything.
# Each sets itself up in .venv; neither does anything that is already done.
# Make 3.81, that of macOS, knows no .SHELLFLAGS, so each recipe with a pipe says pipefail itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2
BIN := .venv/bin
SITE := _build/html
# Libraries that `make bench` times; they ask for other builds of PyTorch, so without their needs.
PEERS := snntorch==1.0.0 norse==1.1.0 spikingjelly==2.0.0 sinabs==3.1.3

# Files, notebooks and the checks of one page stay on one worker: see tests/balance.py.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=1200

# One thread each: on shared cores more threads make small networks slower.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_PLATFORM_DIRS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

NOTEBOOKS := $(wildcard book/*.ipynb)
PACKAGE := $(shell find snnbook -type f -not -path '*/__pycache__/*' 2>/dev/null)
BOOK := $(shell find book -type f -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*')
TESTS := $(shell find tests scripts -type f -name '*.py' 2>/dev/null)
PAPERS := $(wildcard *.md LICENSE LICENSE-TEXT CITATION.cff .github/workflows/*.yml .ci/run)
CODE := snnbook tests scripts book $(wildcard benchmarks experiments)

.PHONY: help book test lint unit doctest execute check-book browser types plan bench notebooks \
  solutions slides pdf has-browser dist bundle linkcheck serve clean clean-all force

help: ## Show this list
	@echo "Surrogate Gradient Learning, by Hand and by Code"
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "Another Python: make book PYTHON=python3.12. Tests once more: make test FORCE=1."

book: _build/book.stamp ## Build the site into _build/html and check it
	@echo "[book] ready: open $(SITE)/index.html, or run 'make serve'"

test: _build/test.stamp ## Build the book, then run every test
	@echo "[test] passed for exactly these files:"; tail -n 1 _build/test.log

define need_python
@command -v $(PYTHON) >/dev/null || { echo "[setup] STOPPED: there is no $(PYTHON) on the path." \
  "Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3"; exit 1; }
endef

.venv/book.stamp: requirements.txt pyproject.toml scripts/bootstrap.py
	$(need_python)
	@$(PYTHON) scripts/bootstrap.py --stamp $@ requirements.txt

.venv/test.stamp: requirements.txt requirements-test.txt pyproject.toml | .venv/book.stamp
	$(need_python)
	@$(PYTHON) scripts/bootstrap.py --stamp $@ requirements.txt requirements-test.txt

# The site starts empty, so that no page outlives its source; what was executed is kept. The stamp
# has the time of the start: what is edited during a build is newer than it.
# After a failed build the pages read so far are forgotten: Sphinx would not repeat their warnings.
_build/book.stamp: .venv/book.stamp _config.yml _toc.yml $(PACKAGE) $(BOOK) scripts/check_site.py
	@echo "[book] building: pages run whose code, modules, results or pins have changed"
	@rm -rf $(SITE)
	@mkdir -p _build && touch _build/book.start
	@$(BIN)/jupyter-book build . -W -n --keep-going || \
	  { rm -rf _build/.doctrees; echo "[book] FAILED: see the warnings above"; exit 1; }
	@$(BIN)/python scripts/check_site.py $(SITE)
	@mv _build/book.start $@

_build/test.stamp: .venv/test.stamp _build/book.stamp $(TESTS) $(PAPERS) Makefile $(if $(FORCE),force)
	@$(MAKE) --no-print-directory lint
	@echo "[test] unit tests, doctests, notebooks, book and browser checks"
	@set -o pipefail; SNNBOOK_REQUIRE_SITE=1 \
	  $(PYTEST) --doctest-modules $(NBVAL) -p no:cacheprovider \
	  --junitxml=_build/test.xml $(NOTEBOOKS) snnbook tests 2>&1 | tee _build/test.log
	@touch $@

# The parts of `make test`, each by itself.
unit: .venv/test.stamp ## Run only the package's own tests (no book needed)
	@$(PYTEST) --ignore=tests/book --ignore=tests/browser tests

doctest: .venv/test.stamp ## Run only the examples in the docstrings (no book needed)
	@$(PYTEST) --doctest-modules snnbook

execute: .venv/test.stamp ## Run only the notebooks, cell by cell (no book needed)
	@$(PYTEST) $(NBVAL) $(NOTEBOOKS)

check-book: .venv/test.stamp _build/book.stamp ## Run only the checks of sources and site
	@SNNBOOK_REQUIRE_SITE=1 $(PYTEST) tests/book

browser: .venv/test.stamp _build/book.stamp ## Run only the checks in the browser
	@SNNBOOK_REQUIRE_SITE=1 $(PYTEST) tests/browser

notebooks: _build/book.stamp ## Write study, solution and instructor notebooks (the book has them)
	@[ -d _build/notebooks ] || { rm _build/book.stamp; $(MAKE) --no-print-directory book; }
	@echo "[notebooks] ready: _build/notebooks, and for the site's buttons $(SITE)/notebooks"

solutions: .venv/test.stamp _build/book.stamp ## Run all solution notebooks where only the wheel is
	@$(BIN)/python scripts/run_notebooks.py _build/notebooks/solutions

# The site has the slides below slides/; these stand alone, with MathJax of their own.
WORKSHOP := $(shell find workshop -type f)

_build/book.stamp: $(WORKSHOP)

slides: _build/book.stamp ## Write the workshop's slides and handout into _build/slides
	@$(BIN)/python scripts/slides.py _build/slides

lint: .venv/test.stamp ## Check style and spelling of code, notebooks and text
	@echo "[lint] ruff"
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@echo "[lint] codespell"
	@$(BIN)/codespell

# The wheel is built from the source distribution, so that nothing of this folder slips in. Built,
# checked and tried under another name: what lies in _build/dist has passed.
dist: .venv/test.stamp ## Build wheel and sdist into _build/dist, check and try them
	@rm -rf _build/dist.new && mkdir -p _build/dist.new
	@$(BIN)/python -m build --no-isolation --outdir _build/dist.new . >_build/dist.log 2>&1 || \
	  { cat _build/dist.log; echo "[dist] FAILED: see above"; exit 1; }
	@$(BIN)/python -m twine check --strict _build/dist.new/*
	@$(BIN)/python scripts/check_dist.py _build/dist.new
	@$(BIN)/python scripts/try_wheel.py _build/dist.new/*.whl
	@rm -rf _build/dist && mv _build/dist.new _build/dist
	@echo "[dist] ready: _build/dist"

bundle: book slides pdf dist ## Pack book, notebooks, slides, PDF and wheels for a room offline
	@$(BIN)/python scripts/bundle.py --wheel _build/dist/*.whl --out _build/bundle

types: .venv/test.stamp ## Check the types of the package, as a user's type checker sees them
	@$(BIN)/python -m mypy

linkcheck: .venv/book.stamp ## Ask every address in the book whether it still answers (network)
	@$(BIN)/jupyter-book build . --builder linkcheck

plan: .venv/book.stamp ## Say what a build would execute (FILE=... for one file or page)
	@$(BIN)/python scripts/plan.py $(FILE)

bench: .venv/book.stamp ## Time a layer beside other libraries (own environment, half an hour)
	@[ -x .venv-bench/bin/python ] || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install -q -r benchmarks/requirements.txt
	@.venv-bench/bin/pip install -q --no-deps $(PEERS)
	@PYTHONPATH=. .venv-bench/bin/python benchmarks/run.py --repeats 4
	@PYTHONPATH=. .venv-bench/bin/python benchmarks/epochs.py
	@PYTHONPATH=. .venv-bench/bin/python benchmarks/features.py
	@PYTHONPATH=. .venv-bench/bin/python benchmarks/memory.py
	@$(BIN)/python benchmarks/chapters.py
	@$(BIN)/python benchmarks/page.py

# The whole book for paper. Whoever has no browser hears of it before the book is built.
PAPER ?= a4
PDF := _build/pdf/surrogate-gradient-learning$(if $(filter-out a4,$(PAPER)),-$(PAPER)).pdf

pdf: has-browser $(PDF) ## Print the whole book into _build/pdf (PAPER=letter for that size)
	@echo "[pdf] ready: $(PDF)"

has-browser:
	$(need_python)
	@$(PYTHON) scripts/site_server.py

$(PDF): _build/book.stamp $(wildcard scripts/print_*.py) | .venv/test.stamp
	@echo "[pdf] printing the book, which takes some minutes"
	@$(BIN)/python scripts/print_pdf.py --paper $(PAPER) $@

serve: book ## Show the site on http://localhost:8000 (PORT=... for another)
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

clean: ## Delete the built site and the execution cache
	rm -rf _build

clean-all: clean ## Delete the virtual environment too
	rm -rf .venv .venv-bench *.egg-info
