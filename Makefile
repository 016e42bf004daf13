# Every task of a developer and of CI; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help up environment assets test lint check bench faults screenshots tutorial agent-matrix lock clean
VENV := .venv/bin
# The tests start hundreds of processes: none shall compile what another one did.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the tasks
	@sed -n 's/^\([a-z-]*\):.*## /  make \1: /p' Makefile

up: ## install what is needed and run the console (MOBULA_HOME, MOBULA_PORT)
	@tools/install.sh local
	@tools/assets.sh
	@$(VENV)/mobula up

environment: ## install what tests and tools need
	@tools/install.sh dev

assets: ## build what browsers load into static/dist
	@[ -x $(VENV)/python ] || tools/install.sh local
	@tools/assets.sh

test: environment assets lint check ## run all that CI runs
	$(VENV)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadscope

lint: environment ## check style, types, layers and templates
	tools/lint.sh

check: environment ## check the settings for production
	tools/check.sh

bench: environment assets ## measure; writes var/bench/*.json
	$(VENV)/python -m benchmarks

faults: environment assets ## inject faults at random moments and at each AWS call (FAULTS="--moments 6": five minutes)
	$(VENV)/python -m benchmarks.faults $(FAULTS)

screenshots: environment assets ## picture every page, light and dark, wide and narrow; writes var/screenshots
	$(VENV)/python -m pytest tests/browser/screenshots.py

tutorial: environment assets ## take the pictures of docs/tutorial-promotion.md again; writes docs/pictures
	MOBULA_TUTORIAL=1 $(VENV)/python -m pytest tests/journey

agent-matrix: environment ## try the agent with the oldest and the newest Ray
	$(VENV)/python tests/agent/matrix.py

lock: environment ## resolve requirements/*.txt again (UPGRADE=1: to the newest versions)
	@tools/lock.sh

clean: ## remove what was built and installed; var/ stays
	rm -rf .venv node_modules static/dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
