# Two commands: `make demo` and `make test`. Everything they need they install themselves.
PYTHON ?= python3
BIN := .venv/bin
APT := DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends

.PHONY: demo app test lint bench screenshots clean

demo: .venv/installed      ## a made-up organisation, built and opened
	$(BIN)/python -m etl demo
	$(BIN)/python -m etl build
	$(MAKE) --no-print-directory app

app: .venv/installed       ## the app on whatever has been built
	$(BIN)/python -m pages.parts.serve

test: .venv/installed-tests .venv/browser .venv/nginx
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	KINSHIP_CHROMIUM="$$(cat .venv/browser)" KINSHIP_NGINX="$$(cat .venv/nginx)" $(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder

screenshots: .venv/installed-tests .venv/browser   ## the README's pictures, of the made-up organisation
	KINSHIP_CHROMIUM="$$(cat .venv/browser)" $(BIN)/python -m tests.pictures

lint: .venv/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed-tests .venv/browser  ## ratios, each measured in one run
	$(BIN)/python -m tests.benchmarks.build
	$(BIN)/python -m tests.benchmarks.build --files 24 --times 2
	$(BIN)/python -m tests.benchmarks.build --rows 10000000
	$(BIN)/python -m tests.benchmarks.many_files
	$(BIN)/python -m tests.benchmarks.readers
	$(BIN)/python -m tests.benchmarks.signals
	$(BIN)/python -m tests.benchmarks.rota
	$(BIN)/python -m tests.benchmarks.spark
	$(BIN)/python -m tests.benchmarks.spark --times 9
	$(BIN)/python -m tests.benchmarks.spark --people 15000 --compare
	$(BIN)/python -m tests.benchmarks.nation
	$(BIN)/python -m tests.benchmarks.strain --short
	$(BIN)/python -m tests.benchmarks.strain.speed
	$(BIN)/python -m tests.benchmarks.disclosure
	KINSHIP_CHROMIUM="$$(cat .venv/browser)" $(BIN)/python -m tests.benchmarks.app

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Kinship needs Python 3.11; install it (on Debian: apt-get install python3 python3-venv)."; exit 1; }
	@# Debian keeps venv in a package of its own.
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; \
		if [ "$$(id -u)" = 0 ]; then apt-get update -qq && $(APT) python3-venv && $(PYTHON) -m venv .venv; \
		else echo "Python cannot make a virtual environment here: run 'sudo apt-get install python3-venv' and try again."; exit 1; fi; }

.venv/installed: requirements.txt | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-tests: requirements-test.txt requirements-postgresql.txt requirements-spark.txt requirements.txt | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-test.txt
	@touch $@ .venv/installed

# The browser for the tests: one that is there, else Debian's where we are root, else Playwright's own.
.venv/browser: .venv/installed-tests
	@browser=$$(command -v chromium || command -v chromium-browser || command -v google-chrome || true); \
	if [ -z "$$browser" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && $(APT) chromium && browser=$$(command -v chromium); fi; \
	if [ -z "$$browser" ] && $(BIN)/playwright install chromium; then \
		browser=$$($(BIN)/python -c 'from playwright.sync_api import sync_playwright as s; p = s().start(); print(p.chromium.executable_path); p.stop()'); fi; \
	if [ -z "$$browser" ]; then echo "The tests drive a real browser and none could be found or installed: install Chromium."; exit 1; fi; \
	echo "$$browser" > $@

# The proxy that docs/deployment.md puts before the app: one that is there, else Debian's, unpacked beside the environment so that
# nothing is started. Where there is neither, the test says that it was skipped, and why.
.venv/nginx: .venv/installed-tests
	@nginx=$$(PATH="$$PATH:/usr/sbin" command -v nginx || true); \
	if [ -z "$$nginx" ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then \
		rm -rf .venv/proxy && mkdir -p .venv/proxy && (cd .venv/proxy && \
			{ apt-get download -qq nginx || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get download -qq nginx; }; } && \
			dpkg-deb -x nginx_*.deb .) >/dev/null 2>&1; \
		nginx=$$(find "$(CURDIR)/.venv/proxy" -path '*/sbin/nginx' -type f 2>/dev/null); fi; \
	echo "$$nginx" > $@

clean:
	rm -rf .venv .pytest_cache .hypothesis .ruff_cache
