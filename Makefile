# Two commands set everything up: `make demo` and `make test`. Each makes .venv when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LITELLM := .venv-litellm
LOWEST := .venv-lowest
NEWEST := .venv-newest
JUDGES := .venv-judges
CLIENTS := $(JUDGES)/clients/.ready $(JUDGES)/clients-heavy/.ready
INSTALL := -m pip --disable-pip-version-check install --quiet
PIP := $(BIN)/python $(INSTALL)
# Copies, not links to uv's cache: nltk refuses to read a file of which there are several names.
UV_INSTALL := $(BIN)/uv pip install --quiet --link-mode copy --group dev --all-extras -r pyproject.toml --editable .
# anyio that goes with the lowest typing-extensions uses a name that the newest pytest has changed.
OLD_ANYIO := -W "ignore:_pytest.python.CallSpec2 has been renamed:pytest.PytestRemovedIn10Warning"
# The one test of what is locked does not concern an environment that is not.
UNLOCKED := --deselect tests/trust/test_supply.py::test_what_is_installed_is_what_was_locked
# Most tests run beside others, a few only alone.
WORKERS := -n auto --maxprocesses 4
BESIDE := $(WORKERS) -m "not slow and not exhaustive"
ALONE := -m "slow and not exhaustive"

.PHONY: demo test exhaustive test-fast test-lowest test-newest judges coverage check bench soak fuzz notebooks docs clean format lock
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	@$(BIN)/python -m iflytek_spark demo

# What is slow measures, or loads the machine by itself, so nothing may run beside it.
test: $(VENV)/.dev
	$(BIN)/python -m pytest $(BESIDE)
	$(BIN)/python -m pytest $(ALONE)

# The rows and runs that `make test` leaves out, since they show the same at greater length.
exhaustive: $(VENV)/.dev
	$(BIN)/python -m pytest $(WORKERS) -m "exhaustive and not slow"
	$(BIN)/python -m pytest -m "exhaustive and slow"

# The inner loop: three rows of each test, always the same ones, and nothing slow.
test-fast: $(VENV)/.dev
	$(BIN)/python -m pytest $(WORKERS) --rows 3 -m "not slow and not exhaustive and not notebooks"

# What is not slow, counted branch by branch, in the processes that the tests start too.
coverage: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -m "not slow and not notebooks"
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# The same tests with the lowest versions that pyproject.toml allows, and with the newest there are.
test-lowest: $(LOWEST)/.dev
	$(LOWEST)/bin/python -m pytest $(UNLOCKED) $(OLD_ANYIO) $(BESIDE)
	$(LOWEST)/bin/python -m pytest $(UNLOCKED) $(OLD_ANYIO) $(ALONE)

test-newest: $(NEWEST)/.dev
	$(NEWEST)/bin/python -m pytest $(UNLOCKED) $(BESIDE)
	$(NEWEST)/bin/python -m pytest $(UNLOCKED) $(ALONE)

# Programs of other people that use this package as it is: the newest of the two frameworks with what
# goes around them (their MCP adapters do not fit into one environment), and public MCP servers.
judges: $(JUDGES)/langchain/.ready $(JUDGES)/llama-index/.ready $(JUDGES)/servers/.ready $(CLIENTS)
	$(JUDGES)/langchain/bin/python -m pytest tests/judges/langchain_spark tests/judges/gateway
	$(JUDGES)/llama-index/bin/python -m pytest tests/judges/llama_index_spark
	$(BIN)/python -m pytest tests/judges/clients

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(VENV)/.dev
	$(BIN)/python -m pytest tests/notebooks -m notebooks

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate

bench: $(VENV)/.dev $(LITELLM)/.ready
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak --calls 20000

fuzz: $(VENV)/.dev
	$(BIN)/python -m fuzz --runs 1000000

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes the committed lock files anew. The second and third are parts of the first; the fourth is
# data alone; the others are for places of their own: a proxy that the benchmark compares with, and
# the judges.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --upgrade --group dev --all-extras pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" -c requirements/dev.txt --extra langchain pyproject.toml requirements/build.in -o requirements/demo.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" -c requirements/dev.txt --extra gateway-usage pyproject.toml requirements/build.in -o requirements/gateway.txt
	{ echo "# Written by make lock from requirements/gateway.txt, for hosts that read no hashes."; \
	  sed -n 's/^\([a-z0-9._-]*==.*[^ ]\) \\$$/\1/p' requirements/gateway.txt; } > deploy/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --no-deps --upgrade requirements/corpus.in -o requirements/corpus.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --upgrade requirements/litellm.in -o requirements/litellm.txt
	for judge in langchain llama-index; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" --upgrade --extra $$judge --extra gateway pyproject.toml requirements/build.in \
	    requirements/judges.in requirements/judges-$$judge.in -o requirements/judges-$$judge.txt || exit 1; \
	done
	for group in clients clients-heavy; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" --upgrade requirements/judges-$$group.in -o requirements/judges-$$group.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) $(LITELLM) $(LOWEST) $(NEWEST) $(JUDGES) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* .hypothesis

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; point to one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

# A full installation holds the demo's, so whoever has run the tests installs nothing for the demo.
$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the demo's packages into $(VENV) (once)"
	@test -f $(VENV)/.dev && test $(VENV)/.dev -nt requirements/demo.txt || $(PIP) --require-hashes -r requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/corpus.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the developer's packages into $(VENV) (once)"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --require-hashes --no-deps -r requirements/corpus.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# What pyproject.toml names is as old as it allows; the developer's tools are the newest that fit.
$(LOWEST)/.dev: requirements/corpus.txt pyproject.toml | $(VENV)/.dev
	@echo "Installing the lowest versions into $(LOWEST) (once)"
	@$(BIN)/uv venv --quiet --seed --clear --python 3.11 $(LOWEST)
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --no-deps --resolution lowest-direct --all-extras \
	  pyproject.toml -o $(LOWEST)/lowest.txt
	@$(UV_INSTALL) --python $(LOWEST) --constraints $(LOWEST)/lowest.txt
	@$(BIN)/uv pip install --quiet --python $(LOWEST) --no-deps -r requirements/corpus.txt
	@touch $@

$(NEWEST)/.dev: requirements/corpus.txt pyproject.toml | $(VENV)/.dev
	@echo "Installing the newest versions into $(NEWEST) (once)"
	@$(BIN)/uv venv --quiet --seed --clear --python $(BIN)/python $(NEWEST)
	@$(UV_INSTALL) --python $(NEWEST) --upgrade
	@$(BIN)/uv pip install --quiet --python $(NEWEST) --no-deps -r requirements/corpus.txt
	@touch $@

$(LITELLM)/.ready: requirements/litellm.txt | $(VENV)/.python
	@echo "Installing litellm, for comparison, into $(LITELLM) (once)"
	@$(PYTHON) -m venv $(LITELLM)
	@$(LITELLM)/bin/python $(INSTALL) --require-hashes -r requirements/litellm.txt
	@touch $@

# The clients run in processes of their own, and nothing of this project beside them.
$(CLIENTS): $(JUDGES)/%/.ready: requirements/judges-%.txt | $(VENV)/.dev
	@echo "Installing $* of others into $(JUDGES)/$* (once)"
	@$(BIN)/uv venv --quiet --seed --clear --python $(BIN)/python $(JUDGES)/$*
	@$(BIN)/uv pip install --quiet --link-mode copy --python $(JUDGES)/$* --require-hashes -r requirements/judges-$*.txt
	@touch $@

$(JUDGES)/%/.ready: requirements/judges-%.txt pyproject.toml | $(VENV)/.dev
	@echo "Installing the judges of $* into $(JUDGES)/$* (once)"
	@$(BIN)/uv venv --quiet --seed --clear --python $(BIN)/python $(JUDGES)/$*
	@$(BIN)/uv pip install --quiet --link-mode copy --python $(JUDGES)/$* --require-hashes -r requirements/judges-$*.txt
	@$(BIN)/uv pip install --quiet --python $(JUDGES)/$* --no-deps --no-build-isolation --editable .
	@touch $@

# Without npm there are none, and their tests are left out; no script that they bring runs to install.
$(JUDGES)/servers/.ready: $(addprefix tests/judges/servers/,package.json package-lock.json .npmrc)
	@mkdir -p $(JUDGES)/servers
	@cp $^ $(JUDGES)/servers
	@if command -v npm >/dev/null; then \
	  echo "Installing public MCP servers into $(JUDGES)/servers (once)" && cd $(JUDGES)/servers && \
	  npm ci --ignore-scripts --no-audit --no-fund --silent && touch .ready; \
	else echo "npm is missing: no public MCP servers"; fi
