# Every target sets up what it needs first. Without make, see "Plain pip" in the README.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
FAST   := not slow and not site and not browser
export NO_MKDOCS_2_WARNING := 1
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: serve site test test-fast check format bench lock clean
.DEFAULT_GOAL := serve

serve: $(READY)  ## both languages on http://127.0.0.1:8000, reloading on every edit
	$(BIN)/mkdocs serve --livereload

site: $(READY)  ## strict build into site/
	$(BIN)/mkdocs build --strict

test: $(READY)  ## the whole suite, site build and browser included
	$(BIN)/python -m pytest -n 2 -m "$(FAST)"
	$(BIN)/python -m pytest -m "not ($(FAST))"

test-fast: $(READY)  ## under two minutes: no site build, no browser, no long training
	$(BIN)/python -m pytest -n 2 -m "$(FAST)"

check: $(READY)  ## lint, types, spelling
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(READY)
	$(BIN)/ruff check --fix .

bench: $(READY)  ## speed and memory, as ratios in one run; figures into .cache/bench
	$(BIN)/python tests/bench/fast_path.py
	$(BIN)/python tests/bench/models.py
	$(BIN)/python tests/bench/site_build.py

lock: $(READY)  ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev -o requirements.lock pyproject.toml
	cd docs/npm && npm install --package-lock-only --omit-lockfile-registry-resolved

clean:
	rm -rf site .cache .site.*.new .site.*.old

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
