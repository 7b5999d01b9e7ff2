#!/bin/sh
# Prints `CHROMIUM=... AXE=...` for the tests in a browser, getting both first when they are missing. Progress goes to stderr.
#
# Chromium is Debian's, installed by apt-get; axe-core comes from npm into .cache/. Neither is needed by anything else.
set -eu

axe_version=4.14.1
root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.cache/axe-core-$axe_version

say() { printf 'browser: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

chromium=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$chromium" ]; then
    [ "$(id -u)" = 0 ] || fail "chromium is missing; install it: apt-get install chromium"
    say 'installing Debian'\''s chromium'
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
    chromium=$(command -v chromium) || fail 'apt-get installed no chromium'
fi

if ! [ -f "$home/package/axe.min.js" ]; then
    command -v npm >/dev/null || fail "npm is missing; install it: apt-get install npm"
    mkdir -p "$root/.cache"
    partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    trap 'exit 1' HUP INT TERM
    say "getting axe-core $axe_version, once, into .cache/"
    npm pack --silent --pack-destination "$partial" "axe-core@$axe_version" >/dev/null || fail "npm could not get axe-core@$axe_version"
    tar -xzf "$partial"/axe-core-*.tgz -C "$partial"
    # Another run may have been faster; its result is as good.
    mv -T "$partial" "$home" 2>/dev/null || true
fi

printf 'CHROMIUM=%s AXE=%s\n' "$chromium" "$home/package/axe.min.js"
