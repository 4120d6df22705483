# The single way in. Everything runs as root on Debian 12 with Swift 6.3.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export SWIFT_BACKTRACE := enable=no

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Install what is missing with apt.
	@packaging/install-dependencies

.PHONY: engine
engine: deps ## Start an engine if none answers.
	@packaging/start-engine

.PHONY: build
build: deps ## Build the release binaries into bin/.
	@packaging/build

.PHONY: images
images: build engine ## Build the images of the standard that are missing or changed.
	@bin/modplan images build

.PHONY: demo
demo: images ## From nothing to running apps: plan, apply, change, crash, drift.
	@examples/demo

.PHONY: demo-clean
demo-clean: build engine ## Remove all that the demo made.
	@examples/demo-clean

.PHONY: test
test: images ## Run all tests, those against the real engine included.
	@packaging/test

.PHONY: test-lvm
test-lvm: deps ## The storage backends on real LVM, in a guest kernel; part of `test`.
	@packaging/test-lvm

.PHONY: simulate
simulate: deps ## Schedules with faults, N of them; SEED=… replays one, BUGS=1 looks for planted bugs.
	@packaging/simulate

.PHONY: soak
soak: images ## The long versions of tests: navi's truth table, 10,000 environments.
	@packaging/soak

.PHONY: bench
bench: images ## Measure, beside a floor or a peer in the same run.
	@packaging/bench
	@packaging/bench-navi

.PHONY: bench-volumes
bench-volumes: deps ## A deploy, a scale and a rollback with 500 MiB on each backend, beside a copy.
	@packaging/bench-volumes

.PHONY: fuzz
fuzz: deps ## Fuzz navi's parsers: RUNS inputs, 10 million unless set.
	@packaging/fuzz

.PHONY: check
check: deps ## Format in place, then lint; what the linter finds is an error.
	swift format --in-place --recursive Sources Tests Package.swift
	swift format lint --strict --recursive Sources Tests Package.swift

.PHONY: clean
clean: ## Remove what was built here.
	rm -rf .build bin
