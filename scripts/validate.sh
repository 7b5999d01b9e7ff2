#!/bin/sh
# Checks every configuration in envoy/ with Envoy itself, the filter's own configuration included.
set -eu
cd "$(dirname "$0")/.."

envoy=$(scripts/envoy.sh)
# They only have to exist: nothing is looked up or signed.
export IPASIS_API_KEY="${IPASIS_API_KEY:-not-a-key}"
export PALISADE_KEY="${PALISADE_KEY:-not-a-key-but-as-long-as-one-has-to-be}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for file in envoy/*.yaml; do
    if "$envoy" --mode validate --log-level warning -c "$file" >"$log" 2>&1; then
        echo "== $file is valid"
    else
        cat "$log" >&2
        echo "$file is not valid; see above" >&2
        exit 1
    fi
done
