# `make` alone lists what there is.

SHELL := /bin/sh
WASM := target/palisade.wasm
WASM_TARGET := wasm32-wasip1
CARGO_TARGET := $(or $(CARGO_TARGET_DIR),target)
ENVOY_BINARY = $$(scripts/envoy.sh)

.DEFAULT_GOAL := help
PALISADE_FUZZ_SECONDS ?= 20
PALISADE_DIFFERENTIAL ?= --requests 20000
PALISADE_SOAK ?= --minutes 60
PALISADE_APPLICATIONS ?=
PALISADE_VERSIONS ?=
PALISADE_KUBERNETES ?=
# The commit that is built, with -changed behind it when files differ; without Git nothing, which reads "unknown". Only for
# what ships: another value compiles everything anew.
PALISADE_REVISION ?= $(shell git describe --always --dirty=-changed --exclude '*' --abbrev=12 2>/dev/null)

.PHONY: help build install run demo run-fleet demo-fleet load-fleet test test-applications lint deny validate bench pauses simulate soak fuzz differential vectors fingerprints schema reference docs release test-release test-func-e test-kubernetes test-observability versions clean needs-cargo needs-components needs-wasm-target needs-python needs-envoy needs-qemu

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: needs-wasm-target ## the filter, at target/palisade.wasm
	@echo '== building $(WASM)'
	@PALISADE_REVISION='$(PALISADE_REVISION)' cargo build --release --locked --lib --target $(WASM_TARGET)
	@scripts/shrink.sh --or-copy '$(CARGO_TARGET)/$(WASM_TARGET)/release/palisade.wasm' $(WASM)
	@printf '== %s: %s KiB\n' $(WASM) "$$(($$(wc -c < $(WASM)) / 1024))"

install: needs-cargo ## the command line, where cargo keeps its programs
	@PALISADE_REVISION='$(PALISADE_REVISION)' cargo install --locked --path . --features cli

run: build needs-envoy ## the demo in the foreground; with IPASIS_API_KEY set, asks the real API
	@scripts/run.sh

demo: build needs-envoy ## the demo by itself: sends requests, checks every verdict
	@ENVOY="$(ENVOY_BINARY)" python3 scripts/demo.py

run-fleet: build needs-envoy ## three Envoys that count as one, with Redis and the rate limit service, in the foreground
	@cargo build --quiet --locked --features cli --bin palisade
	@ENVOY="$(ENVOY_BINARY)" python3 scripts/fleet.py run

demo-fleet: build needs-envoy ## the fleet by itself: sends requests to all three, kills Redis, checks what becomes of them
	@cargo build --quiet --locked --features cli --bin palisade
	@ENVOY="$(ENVOY_BINARY)" python3 scripts/fleet.py demo

load-fleet: build needs-envoy ## logins of many accounts (PALISADE_ACCOUNTS) at the fleet: requests a second, memory of Redis
	@cargo build --quiet --locked --features cli --bin palisade
	@ENVOY="$(ENVOY_BINARY)" python3 scripts/fleet.py load $${PALISADE_ACCOUNTS:-20000}

test: lint build validate ## everything: lint, unit tests, tests against a real Envoy, configurations
	@echo '== testing'
	@ENVOY="$(ENVOY_BINARY)" RUST_TEST_THREADS="$${RUST_TEST_THREADS:-$$(($$(nproc) * 2))}" cargo test --locked --features cli

lint: needs-wasm-target needs-components ## formatting and clippy, warnings denied; whether the fuzz targets compile
	@echo '== linting'
	@cargo fmt --all --check
	@cargo clippy --locked --all-targets --features cli -- -D warnings
	@cargo clippy --locked --lib --target $(WASM_TARGET) -- -D warnings
	@cargo check --quiet --locked --manifest-path fuzz/Cargo.toml
	@cargo clippy --locked --lib --target $(WASM_TARGET) --features pauses -- -D warnings

deny: needs-cargo ## licences, banned crates and sources of all dependencies (deny.toml)
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; \
	else echo 'cargo-deny is missing; install it: cargo install cargo-deny --locked' >&2; exit 1; fi

validate: build needs-envoy ## every configuration in envoy/, through Envoy's own check
	@scripts/validate.sh

bench: build needs-envoy needs-qemu ## figures, each as a ratio to the same Envoy without the filter
	@cargo bench --locked --bench lists
	@cargo bench --profile load --locked --features cli --bench replay
	@cargo bench --profile load --locked --features cli --bench simulate
	@ENVOY="$(ENVOY_BINARY)" cargo bench --locked --bench envoy

pauses: needs-wasm-target needs-envoy ## the longest time that each callback holds a worker, measured inside the VM
	@ENVOY="$(ENVOY_BINARY)" cargo bench --locked --bench pauses

simulate: needs-cargo ## what each defence does against each simulated attack, into docs/operate/simulate.md
	@scripts/simulate.sh

soak: build needs-envoy ## an hour of mixed load with faults, reloads and attackers, PALISADE_SOAK for options
	@ENVOY="$(ENVOY_BINARY)" nice cargo bench --locked --bench soak -- $(PALISADE_SOAK)

fuzz: needs-cargo ## every parser of untrusted bytes, PALISADE_FUZZ_SECONDS each
	@scripts/fuzz.sh $(PALISADE_FUZZ_SECONDS)

differential: needs-python needs-cargo ## what real frameworks read against what the filter reads, PALISADE_DIFFERENTIAL for options
	@cargo bench --locked --bench differential -- $(PALISADE_DIFFERENTIAL)

test-applications: build needs-envoy ## real applications with the shipped policies, PALISADE_APPLICATIONS for names and options
	@ENVOY="$(ENVOY_BINARY)" cargo bench --locked --bench applications -- $(PALISADE_APPLICATIONS)

vectors: needs-python ## what real HTTP clients write at a login, captured again into tests/vectors/clients/
	@scripts/vectors.sh

fingerprints: needs-python needs-envoy ## the TLS fingerprints (JA4) of the clients of this machine, into tests/vectors/ja4.json
	@scripts/fingerprints.sh

schema: needs-cargo ## the JSON Schemas: of the configuration, at palisade.schema.json, and of scenarios, beside them
	@cargo run --quiet --locked --features cli --bin palisade -- schema > palisade.schema.json.new
	@mv palisade.schema.json.new palisade.schema.json
	@cargo run --quiet --locked --features cli --bin palisade -- simulate --schema > scenarios/schema.json.new
	@mv scenarios/schema.json.new scenarios/schema.json

reference: needs-cargo ## the pages of the documents that are made of the code: settings, signals, metrics
	@PALISADE_WRITE_REFERENCE=1 cargo test --quiet --locked --features cli --test project the_reference_is >/dev/null

docs: needs-cargo needs-python ## the documents as a book, at target/book; every link is looked at
	@scripts/docs.sh

release: needs-wasm-target needs-python ## a release in target/dist: filter, image, command line, schema, book, SBOM, checksums
	@scripts/release.sh

test-release: ## a release from two clones is the same, and its image goes through a real registry
	@scripts/release_test.sh

test-func-e: build needs-python ## the real func-e runs the demo, with the Envoy at hand
	@scripts/func_e_test.sh

test-kubernetes: needs-cargo needs-python ## a real API server judges every manifest; PALISADE_KUBERNETES=--control-planes runs them, too
	@cargo build --quiet --locked --features cli --bin palisade
	@scripts/kubernetes/judge.sh $(PALISADE_KUBERNETES)
	@case '$(PALISADE_KUBERNETES)' in --control-planes) \
		$(MAKE) --no-print-directory build && scripts/kubernetes/planes.sh ;; esac

test-observability: build needs-cargo needs-python ## a real Prometheus sees every panel and alert come true, under an attack on a fleet
	@cargo build --quiet --locked --features cli --bin palisade
	@scripts/debian.sh prometheus
	@scripts/observe.py

versions: build needs-python ## the demo and end-to-end tests with Envoy 1.36 to 1.40, PALISADE_VERSIONS for versions or --demo
	@scripts/versions.sh $(PALISADE_VERSIONS)

clean: ## removes what was built and the downloaded Envoy
	@rm -rf target .cache

needs-cargo:
	@command -v cargo >/dev/null || { echo 'cargo is missing; install Rust with rustup' >&2; exit 1; }

# Images of Rust have neither.
needs-components: needs-cargo
	@for component in clippy fmt; do \
		cargo $$component --version >/dev/null 2>&1 && continue; \
		command -v rustup >/dev/null || { echo "cargo $$component is missing; install Rust with rustup" >&2; exit 1; }; \
		rustup component add "$$(echo $$component | sed s/^fmt/rustfmt/)"; \
	done

needs-wasm-target: needs-cargo
	@if command -v rustup >/dev/null; then \
		rustup target list --installed | grep -qx $(WASM_TARGET) || rustup target add $(WASM_TARGET); \
	elif ! [ -d "$$(rustc --print sysroot)/lib/rustlib/$(WASM_TARGET)" ]; then \
		echo 'rustup is missing, and this Rust has no $(WASM_TARGET); install Rust with rustup' >&2; exit 1; \
	fi

needs-python:
	@command -v python3 >/dev/null || { echo 'python3 is missing; install it: apt-get install python3 python3-venv' >&2; exit 1; }

needs-envoy: needs-python
	@scripts/envoy.sh >/dev/null

needs-qemu:
	@command -v qemu-x86_64 >/dev/null || scripts/debian.sh qemu-user
