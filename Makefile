# `make run` shows the product, `make test` runs every test, `make` is what a developer runs before each commit.
PYTHON ?= python3
PORT ?= 8080
STAFF_PORT ?= 8081
BIN := .venv/bin
SOURCES := coprod_survey safeguarding tests bench tools

.PHONY: check run test browser clean
.DEFAULT_GOAL := check

check: .venv/test-ready
	$(BIN)/ruff format -q $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m pytest -m "not slow and not browser"

run: .venv/ready
	@$(BIN)/python tools/demonstrate.py --port $(PORT) --staff-port $(STAFF_PORT)

test: .venv/test-ready browser
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m pytest

.venv/ready: setup.cfg pyproject.toml constraints.txt
	@sh tools/make-venv.sh "$(PYTHON)"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/test-ready: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@

browser:
	@sh tools/find-chromium.sh

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis artefacts
