# netcc: `make train` and `make test` need nothing but Python 3.11 or later and a network to install from.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT := out
ITERATIONS ?= 1000

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUN_READY := $(VENV)/.installed-run
DEV_READY := $(VENV)/.installed-dev
BENCH_VENV ?= .venv-bench
BENCH_BIN := $(BENCH_VENV)/bin
BENCH_READY := $(BENCH_VENV)/.installed
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
DIGITS := $(OUT)/mnist_train_lmdb/data.mdb

.DEFAULT_GOAL := help
.PHONY: help train test test-slow check proto tables docs fmt bench bench-parts clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

train: $(DIGITS) ## train LeNet on the digits that come with netcc; the results lie in out/
	cd $(OUT) && $(abspath $(BIN))/netcc train ../zoo/lenet/solver.prototxt --max-iter $(ITERATIONS)

test: $(DEV_READY) ## run all tests
	$(BIN)/python -m pytest -n auto

test-slow: $(DEV_READY) ## run the tests that take long: large nets forward and back (two at a time, some GB of memory)
	$(BIN)/python -m pytest -n 2 -m slow

check: $(DEV_READY) ## style, types, and that generated files match their sources
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python proto/generate.py --check
	$(BIN)/python -m netcc.prototxt.tables --check
	$(BIN)/python -m netcc.report.layers_page --check docs/layers.md

proto: $(DEV_READY) ## regenerate the schema modules from proto/*.proto
	$(BIN)/python proto/generate.py

tables: $(DEV_READY) ## regenerate the parser tables from the grammar
	$(BIN)/python -m netcc.prototxt.tables

docs: $(DEV_READY) ## regenerate docs/layers.md from the layers
	$(BIN)/python -m netcc.report.layers_page docs/layers.md

fmt: $(DEV_READY) ## lay out the Python files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH_READY) ## netcc beside PyTorch and ONNX Runtime; ARGS="--nets lenet --quick", docs/speed.md
	$(BENCH_BIN)/python -m bench.peers $(ARGS)

bench-parts: $(DEV_READY) ## run the benchmarks of single parts of netcc; each prints one table
	for file in bench/[a-z]*.py; do echo "$$file"; $(BIN)/python $$file || exit 1; done

clean: ## remove what was built, trained and cached (.venv too)
	rm -rf $(VENV) $(BENCH_VENV) $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("netcc needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(RUN_READY): pyproject.toml | $(BIN)/python
	@echo "installing netcc into $(VENV)"
	@$(PIP) --editable '.[data,plot]'
	@touch $@

$(DEV_READY): pyproject.toml | $(BIN)/python
	@echo "installing netcc and its development tools into $(VENV)"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(RUN_READY)

# The processor-only build of PyTorch lies on an index of its own; where the index cannot be reached, any other serves.
$(BENCH_READY): pyproject.toml bench/peers/requirements.txt
	@echo "installing PyTorch, ONNX Runtime and netcc into $(BENCH_VENV)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --extra-index-url $(TORCH_INDEX) \
		$$(grep '^torch==' bench/peers/requirements.txt)
	@$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/peers/requirements.txt --editable .
	@touch $@

$(DIGITS): | $(RUN_READY)
	$(BIN)/netcc data mnist $(OUT) --force
