#!/bin/sh
# Measures again which TLS fingerprint (JA4) each client of this machine has, into tests/vectors/ja4.json:
# `fingerprints.sh [NAME..]`, all of them unless some are named. What a machine has not is left out with a line, and
# what was measured of it stays.
#
# The clients' packages come from the registries of their languages into .cache/fingerprints/.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
envoy=$("$root/scripts/envoy.sh")
python=$("$root/scripts/http3.sh")
certificate=$(mktemp -d)
trap 'rm -rf "$certificate"' EXIT
"$python" "$root/tests/support/http3.py" certificate "$certificate"
ENVOY=$envoy CERTIFICATE=$certificate python3 "$root/scripts/fingerprints/measure.py" "$@"
