#!/bin/sh
# Prints `CHROMIUM=... NODE_PACKAGES=...` for the tests in a browser, getting what is missing first. Progress goes to stderr.
#
# Chromium is Debian's, installed by apt-get; axe-core and ALTCHA's widgets come from npm into .cache/.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.cache/node-packages

say() { printf 'browser: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

chromium=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$chromium" ]; then
    [ "$(id -u)" = 0 ] || fail "chromium is missing; install it: apt-get install chromium"
    say "installing Debian's chromium"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
    chromium=$(command -v chromium) || fail 'apt-get installed no chromium'
fi

# One package without what it depends on: these are bundled.
get() {
    [ -d "$home/$1-$2" ] && return
    command -v npm >/dev/null || fail "npm is missing; install it: apt-get install npm"
    mkdir -p "$home"
    partial=$(mktemp -d "$home/partial.XXXXXX")
    say "getting $1 $2, once, into .cache/"
    if npm pack --silent --pack-destination "$partial" "$1@$2" >/dev/null && tar -xzf "$partial/$1-$2.tgz" -C "$partial"; then
        # Another run may have been faster; its result is as good.
        mv -T "$partial/package" "$home/$1-$2" 2>/dev/null || true
        rm -rf "$partial"
    else
        rm -rf "$partial"
        fail "npm could not get $1@$2"
    fi
}
get axe-core 4.14.1
get altcha 2.3.0
get altcha 3.2.2

printf 'CHROMIUM=%s NODE_PACKAGES=%s\n' "$chromium" "$home"
