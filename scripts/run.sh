#!/bin/sh
# Runs the demo in the foreground. With IPASIS_API_KEY set, the real API is asked instead of the stand-in.
set -eu
cd "$(dirname "$0")/.."

[ -f target/palisade.wasm ] || { echo 'target/palisade.wasm is missing; run: make build' >&2; exit 1; }
envoy=$(scripts/envoy.sh)
python3 - 10000 10001 10002 9901 <<'PYTHON'
import socket, sys
for port in map(int, sys.argv[1:]):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"port {port} on 127.0.0.1 is taken; stop what listens there: ss -ltnp 'sport = :{port}'")
PYTHON

cat <<'EOT'

  protected listener    http://127.0.0.1:10000   (the client is whoever you send as X-Forwarded-For)
  login application     http://127.0.0.1:10002   (behind the listener, unprotected)
  counters              http://127.0.0.1:9901/stats/prometheus
EOT
if [ -n "${IPASIS_API_KEY:-}" ]; then
    config=envoy/ipasis.yaml
    # What signs device cookies; without one of yours, they end with this run.
    PALISADE_KEY="${PALISADE_KEY:-$(python3 -c 'import secrets; print(secrets.token_hex(32))')}"
    export PALISADE_KEY
    cat <<'EOT'
  intelligence API      https://api.ipasis.com   (the real one: each new address is one lookup of yours)

Try:
  curl -si -d 'email=ada@example.com' -H 'X-Forwarded-For: 8.8.8.8' http://127.0.0.1:10000/login
      # what the API knows of a public resolver
  curl -si -d 'email=ada@example.com' -H 'X-Forwarded-For: YOUR.PUBLIC.ADDRESS' http://127.0.0.1:10000/login
      # what it knows of you
  curl -si -H 'X-Forwarded-For: 8.8.8.8' http://127.0.0.1:10000/
      # an unprotected path is never looked up
EOT
else
    config=envoy/demo.yaml
    printf '  stand-in for the API  http://127.0.0.1:10001   (set IPASIS_API_KEY to ask the real one)\n\nTry:\n'
    scripts/demo.py --curl
fi
printf '\nEnvoy runs; one JSON line follows for each request. Ctrl-C ends it.\n\n'
exec "$envoy" --log-level warning --component-log-level wasm:info --disable-hot-restart -c "$config"
