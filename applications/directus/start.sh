#!/bin/sh
# Directus, npm's, with SQLite, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group. Mail goes through a sink on the next free port into STATE_DIR/mail.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"

command -v node >/dev/null && command -v npm >/dev/null || debian nodejs npm
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] ||
    absent "directus needs Node 20 or later, not $(node --version)"
home=$here/../../.cache/applications/directus
mkdir -p "$home"
if ! cmp -s "$here/package.json" "$home/installed"; then
    printf 'applications: getting directus from npm, once, into .cache/\n' >&2
    cp "$here/package.json" "$home/package.json"
    (cd "$home" && npm install --no-audit --no-fund) >"$home/install.log" 2>&1 ||
        absent "npm cannot install directus; see $home/install.log"
    cp "$here/package.json" "$home/installed"
fi

smtp=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 "$here/smtp_sink.py" "$smtp" "$state/mail" &

export DIRECTUS_HOME="$home" HOST=127.0.0.1 PORT="$port" TELEMETRY=false LOG_LEVEL=warn
export DB_CLIENT=sqlite3 DB_FILENAME="$state/database.sqlite3" SECRET=for-tests-on-loopback-0123456789abcdef
export ADMIN_EMAIL=admin@example.com ADMIN_PASSWORD=correct-horse-7
export EMAIL_TRANSPORT=smtp EMAIL_SMTP_HOST=127.0.0.1 EMAIL_SMTP_PORT="$smtp" EMAIL_SMTP_IGNORE_TLS=true EMAIL_VERIFY_SETUP=false
# It answers 503 where a machine is slow, as one with a browser beside it is.
export PRESSURE_LIMITER_ENABLED=false
export STORAGE_LOCATIONS=local STORAGE_LOCAL_ROOT="$state/uploads"
mkdir -p "$state/uploads" "$state/extensions"
cd "$state"
# Directus looks here for extensions of its own, and complains where there is nothing at all.
echo '{ "dependencies": {} }' >package.json
if [ ! -e "$state/seeded" ]; then
    node "$home/node_modules/directus/cli.js" bootstrap >"$state/seed.log" 2>&1 &&
        node "$here/seed.mjs" "$DB_FILENAME" >>"$state/seed.log" 2>&1 || { cat "$state/seed.log" >&2; exit 1; }
    touch "$state/seeded"
fi
export PUBLIC_URL="http://127.0.0.1:$port"
node "$home/node_modules/directus/cli.js" start >"$state/directus.log" 2>&1
