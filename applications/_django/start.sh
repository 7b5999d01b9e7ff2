#!/bin/sh
# Sourced by `start.sh` of the three applications on Django: a virtual environment with the packages of requirements.txt, the
# database migrated and seeded once, then waitress in this process's place.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
[ $# = 2 ] || { echo "usage: start.sh PORT STATE_DIR" >&2; exit 64; }
port=$1
mkdir -p "$2/mail"
state=$(cd "$2" && pwd)
cache=$here/../../.cache/applications/$name
venv=$cache/venv

command -v python3 >/dev/null || { echo "$name: python3 is missing; apt-get install python3 python3-venv" >&2; exit 75; }
if ! cmp -s "$here/requirements.txt" "$cache/installed"; then
    mkdir -p "$cache"
    echo "$name: installing from PyPI into .cache/, once" >&2
    python3 -m venv "$venv" >"$cache/install.log" 2>&1 &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >>"$cache/install.log" 2>&1 ||
        { echo "$name: pip cannot install what it needs; see $cache/install.log" >&2; exit 75; }
    cp "$here/requirements.txt" "$cache/installed"
fi

export APPLICATION_STATE="$state" PYTHONPATH="$here:$here/../_django" DJANGO_SETTINGS_MODULE=site_settings
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
if ! [ -e "$state/seeded" ]; then
    "$venv/bin/django-admin" migrate --verbosity 0
    "$venv/bin/python3" "$here/seed.py"
    touch "$state/seeded"
fi
exec "$venv/bin/waitress-serve" --listen="127.0.0.1:$port" --threads=8 --no-expose-tracebacks wsgi_application:application
