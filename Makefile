# What one types. Each target first installs what is missing (scripts/setup: under 2 s when nothing is).

SWIFT ?= swift
STRICT = --explicit-target-dependency-import-check error

.PHONY: demo test test-page test-clients test-crashes build release lint bench setup clean

# Draws a first picture with the built-in model.
demo: build
	.build/release/daguerre generate "a red apple"

# Builds and runs every test, optimised: one build serves the tests, the examples and the command.
#
# The server's tests wait for sockets and clocks, and the engine's compute on the threads that serve them: one after the other.
SERVER_TESTS = ^(Jobs|Access|Registry|Storage|Worker|Gateway|Server)Tests|ServeTests
test: setup
	$(SWIFT) test -c release $(STRICT) --skip '$(SERVER_TESTS)'
	$(SWIFT) test -c release $(STRICT) --skip-build --no-parallel --filter '$(SERVER_TESTS)'

# The page in headless Chromium, against a server with the built-in model.
test-page: build
	scripts/test-page

# Clients of other servers, from PyPI, against the built server; needs Python, and the network once.
test-clients: build
	scripts/test-clients

# A server that is killed under load, and what becomes of its jobs.
test-crashes: build
	scripts/kill-loop --kills 20

build: setup
	$(SWIFT) build -c release --product daguerre $(STRICT)

# One file that runs on machines without Swift: .build/static/release/daguerre
release: setup
	scripts/build-static

# Import arrows, words, sizes, format: what review would otherwise have to look for.
lint:
	scripts/check

bench: build
	.build/release/daguerre bench

setup:
	@scripts/setup

clean:
	$(SWIFT) package clean
	rm -rf .build/static
