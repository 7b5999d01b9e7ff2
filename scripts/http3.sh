#!/bin/sh
# Prints the path of a Python that has aioquic, the HTTP/3 client of the tests, getting it first. Progress goes to stderr.
set -eu

version=1.7.2
root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.cache/aioquic-$version

say() { printf 'http3: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Only a finished environment ever bears the final name, so its presence is enough.
[ -x "$home/bin/python3" ] && printf '%s\n' "$home/bin/python3" && exit

command -v python3 >/dev/null || fail "python3 is missing; install it: apt-get install python3 python3-venv"
python3 -c 'import ensurepip, venv' 2>/dev/null || fail "python3-venv is missing; install it: apt-get install python3-venv"

mkdir -p "$root/.cache"
partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' HUP INT TERM
say "getting aioquic $version, about 10 MB, once, into .cache/"
python3 -m venv "$partial" >&2
"$partial/bin/python3" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    "aioquic==$version" 'cryptography==50.0.2' 'pylsqpack==1.0.0' 'pyOpenSSL==26.4.0' 'service-identity==26.1.0' >&2 ||
    fail "pip could not install aioquic==$version; see above. Without it HTTP/3 cannot be tested"
chmod 755 "$partial"
# Another run may have been faster; its result is as good.
mv -T "$partial" "$home" 2>/dev/null || true
[ -x "$home/bin/python3" ] || fail "nothing usable in $home; remove it and try again"
printf '%s\n' "$home/bin/python3"
