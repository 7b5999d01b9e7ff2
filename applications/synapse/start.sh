#!/bin/sh
# start.sh PORT STATE_DIR: Matrix Synapse from PyPI, with SQLite.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { echo "usage: start.sh PORT STATE_DIR" >&2; exit 64; }
port=$1
mkdir -p "$2/mail"
state=$(cd "$2" && pwd)
cache=$here/../../.cache/applications/synapse
venv=$cache/venv

command -v python3 >/dev/null || { echo 'synapse: python3 is missing; apt-get install python3 python3-venv' >&2; exit 75; }
if ! cmp -s "$here/requirements.txt" "$cache/installed"; then
    mkdir -p "$cache"
    echo 'synapse: installing from PyPI into .cache/, once' >&2
    python3 -m venv "$venv" >"$cache/install.log" 2>&1 &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >>"$cache/install.log" 2>&1 ||
        { echo "synapse: pip cannot install what it needs; see $cache/install.log" >&2; exit 75; }
    cp "$here/requirements.txt" "$cache/installed"
fi

cd "$state"
"$venv/bin/python3" "$here/seed.py" config "$port" "$state"
server="$venv/bin/python3 -m synapse.app.homeserver --config-path=$state/homeserver.yaml"
if ! [ -e "$state/seeded" ]; then
    $server --generate-keys
    # People are made through the running server's own API.
    $server &
    seeding=$!
    trap 'kill "$seeding" 2>/dev/null' EXIT
    tries=0
    until "$venv/bin/python3" "$here/seed.py" people "$port" "$state" 2>"$state/seed.log"; do
        tries=$((tries + 1))
        if [ $tries -gt 120 ] || ! kill -0 "$seeding" 2>/dev/null; then
            echo "synapse: it does not start; see $state" >&2
            exit 1
        fi
        sleep 0.5
    done
    touch "$state/seeded"
    kill "$seeding"
    wait "$seeding" || true
    trap - EXIT
fi
exec $server
