#!/bin/sh
# Matrix Synapse, PyPI's, with SQLite, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"
. "$here/../_python/venv.sh"
python_packages synapse

cd "$state"
server="$venv/bin/python3 -m synapse.app.homeserver --config-path=$state/homeserver.yaml"
if [ ! -e "$state/seeded" ]; then
    # People are made through the running server's own API: on another port, so that nobody sees it half seeded.
    free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$venv/bin/python3" "$here/seed.py" config "$free" "$state"
    $server --generate-keys >"$state/seed.log" 2>&1
    $server >>"$state/seed.log" 2>&1 &
    seeding=$!
    until_works 'Synapse' "$venv/bin/python3" -c "import socket; socket.create_connection(('127.0.0.1', $free))"
    "$venv/bin/python3" "$here/seed.py" people "$free" "$state"
    kill "$seeding"
    wait "$seeding" || true
    touch "$state/seeded"
fi
"$venv/bin/python3" "$here/seed.py" config "$port" "$state"
exec $server
