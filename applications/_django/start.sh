# Sourced by `start.sh` of the three applications on Django, with PORT and STATE_DIR: a virtual environment with the packages
# of requirements.txt, the database migrated and seeded once, then waitress in this process's place. Mail becomes files.
set -eu

port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$state/mail"
. "$here/../common.sh"
. "$here/../_python/venv.sh"
python_packages "$(basename "$here")"

export APPLICATION_STATE="$state" PYTHONPATH="$here:$here/../_django" DJANGO_SETTINGS_MODULE=site_settings
export PYTHONDONTWRITEBYTECODE=1
if [ ! -e "$state/seeded" ]; then
    "$venv/bin/django-admin" migrate --verbosity 0
    "$venv/bin/python3" "$here/seed.py"
    touch "$state/seeded"
fi
exec "$venv/bin/waitress-serve" --listen="127.0.0.1:$port" --threads=8 --no-expose-tracebacks wsgi_application:application
