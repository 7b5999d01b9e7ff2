#!/bin/sh
# start.sh PORT STATE_DIR: Directus from npm, with SQLite; its mail goes through a sink on PORT + 1 into STATE_DIR/mail.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { echo "usage: start.sh PORT STATE_DIR" >&2; exit 64; }
port=$1
mkdir -p "$2/mail"
state=$(cd "$2" && pwd)
cache=$here/../../.cache/applications/directus
url=http://127.0.0.1:$port

absent() { echo "directus: $*" >&2; exit 75; }
command -v node >/dev/null && command -v npm >/dev/null || absent 'node and npm are missing; apt-get install nodejs npm'
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] || absent "needs Node 20 or later, not $(node --version)"
if ! cmp -s "$here/package.json" "$cache/package.json" || ! [ -e "$cache/installed" ]; then
    mkdir -p "$cache"
    echo 'directus: installing from npm into .cache/, once; this takes a minute or two' >&2
    cp "$here/package.json" "$cache/package.json"
    (cd "$cache" && npm install --no-audit --no-fund) >"$cache/install.log" 2>&1 ||
        absent "npm cannot install what it needs; see $cache/install.log"
    touch "$cache/installed"
fi

sink=
trap '[ -z "$sink" ] || kill "$sink" 2>/dev/null' EXIT
trap 'exit 143' TERM INT HUP
python3 "$here/smtp_sink.py" $((port + 1)) "$state/mail" &
sink=$!

export HOST=127.0.0.1 PORT="$port" PUBLIC_URL="$url" TELEMETRY=false LOG_LEVEL=warn
export DB_CLIENT=sqlite3 DB_FILENAME="$state/database.sqlite3" SECRET=for-tests-on-loopback-0123456789abcdef
export ADMIN_EMAIL=ada@example.com ADMIN_PASSWORD=analytical-engine-1843
export EMAIL_TRANSPORT=smtp EMAIL_SMTP_HOST=127.0.0.1 EMAIL_SMTP_PORT=$((port + 1)) EMAIL_SMTP_IGNORE_TLS=true
export STORAGE_LOCATIONS=local STORAGE_LOCAL_ROOT="$state/uploads"
cd "$state"
directus="node $cache/node_modules/directus/cli.js"
server=
if ! [ -e "$state/seeded" ]; then
    $directus bootstrap >"$state/bootstrap.log" 2>&1 || { echo "directus: cannot be set up; see $state/bootstrap.log" >&2; exit 1; }
fi
$directus start >"$state/directus.log" 2>&1 &
server=$!
trap 'kill "$sink" "$server" 2>/dev/null' EXIT
if ! [ -e "$state/seeded" ]; then
    tries=0
    until node "$here/seed.mjs" "$url" >"$state/seed.sql" 2>"$state/seed.log"; do
        tries=$((tries + 1))
        if [ $tries -gt 120 ] || ! kill -0 "$server" 2>/dev/null; then
            echo "directus: it does not start; see $state" >&2
            exit 1
        fi
        sleep 0.5
    done
    python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as database: database.executescript(open(sys.argv[2]).read())' \
        "$DB_FILENAME" "$state/seed.sql"
    touch "$state/seeded"
fi
wait "$server"
