# What can be done here, one word each; `make` alone lists it.

SWIFT ?= swift
VENV = .build/venv
# End-to-end tests that run side by side; most of them wait most of the time.
E2E_WORKERS ?= 3
SWIFT_FILES = Package.swift $(wildcard Sources Tests Fuzz)
FIRST_BUILD = [ -e .build/release/switchboard ] \
	|| echo 'The first release build takes some minutes: about seven on two cores. Later ones take seconds.'

.PHONY: help run test unit-test client-test e2e-test lint format bench fuzz db-init docs requirements clean

help:
	@echo 'make run        build a release and serve with pairing on SQLite (settings: .env, environment);'
	@echo '                the first build takes some minutes'
	@echo 'make test       everything that must pass: build, unit tests, formatting, end-to-end tests'
	@echo 'make unit-test  the Swift tests and client-test only; make e2e-test: the Python ones only'
	@echo 'make client-test  the tests and types of the client module and the pages'
	@echo 'make format     format the Swift sources; make lint: check them, the layers and the packages'
	@echo 'make bench      measure a release build beside its floor (BENCH_ARGS=--quick for a short run)'
	@echo 'make fuzz       a minute of fuzzing for each target'
	@echo 'make db-init    create or update the pairing database'
	@echo 'make install    a static release build, below PREFIX=/usr/local; make dist: the same as a tarball'
	@echo 'make docs       rewrite what is generated: .env.example, docs/operations.md, the peers that coturn denies'
	@echo 'make requirements  rewrite the versions and hashes of what the end-to-end tests install'
	@echo 'make clean      remove all that was built'

# USE_SQLITE from the environment wins; a .env file comes after the environment, so it is asked first.
run:
	@$(FIRST_BUILD)
	@scripts/install-deps run
	$(SWIFT) build -c release --product switchboard
	@if [ -z "$${USE_SQLITE:-}" ] && ! grep -qE '^[[:space:]]*(export[[:space:]]+)?USE_SQLITE=' .env 2>/dev/null; \
		then export USE_SQLITE=1; fi; \
		exec "$$($(SWIFT) build -c release --show-bin-path)/switchboard" serve

test: unit-test lint e2e-test

# The relay's tests block their threads on sockets, of which the others would otherwise have too few.
unit-test: client-test
	@scripts/install-deps test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip RelayServerTests
	$(SWIFT) test --skip-build --no-parallel --filter RelayServerTests
	Fuzz/run --build-only

# A test that does not end is a failure. Where tsc cannot be had, editors check the types.
client-test:
	@scripts/install-deps test
	timeout 300 node --test Tests/Client/*.test.js
	if command -v tsc >/dev/null; then tsc --checkJs -p web/jsconfig.json; else echo 'no tsc: types not checked'; fi

e2e-test:
	@scripts/install-deps test
	@scripts/make-venv $(VENV) Tests/EndToEnd/requirements.txt
	$(SWIFT) build --product switchboard
	SWITCHBOARD_BIN="$$($(SWIFT) build --show-bin-path)/switchboard" \
		$(VENV)/bin/python -m pytest -q -n $(E2E_WORKERS) --dist loadfile Tests/EndToEnd $(PYTEST_ARGS)

lint:
	scripts/check-layers
	SWIFT='$(SWIFT)' scripts/check-packages
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)

format:
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES)

bench:
	@$(FIRST_BUILD)
	@scripts/install-deps bench
	$(SWIFT) build -c release --product switchboard
	Benchmarks/run --server "$$($(SWIFT) build -c release --show-bin-path)/switchboard" $(BENCH_ARGS)

fuzz:
	@scripts/install-deps fuzz
	Fuzz/run

db-init:
	@$(FIRST_BUILD)
	@scripts/install-deps run
	$(SWIFT) build -c release --product switchboard
	"$$($(SWIFT) build -c release --show-bin-path)/switchboard" db init

docs:
	@scripts/install-deps run
	UPDATE_DOCS=1 $(SWIFT) test --filter 'DocumentationTests|CoturnPeerTests'

# What the tests' requirements.in needs in turn, at versions of today, with hashes for every platform.
requirements:
	@python3 -m venv .build/uv
	.build/uv/bin/python -m pip install -q --disable-pip-version-check uv==0.13.9
	.build/uv/bin/uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make requirements' \
		--output-file Tests/EndToEnd/requirements.txt Tests/EndToEnd/requirements.in

clean:
	$(SWIFT) package clean
	rm -rf $(VENV) .build/uv .build/benchmarks .build/fuzz .build/static .build/dynamic .build/dist

include deploy/install.mk
