#!/bin/sh
# Prints `CHROMIUM=... NODE_PACKAGES=...` for the tests in a browser, getting what is missing first. Progress goes to stderr.
#
# Chromium and npm are Debian's, installed by apt-get where it may; axe-core, ALTCHA's widgets, htmx and Turbo come from
# npm into .cache/.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.cache/node-packages

say() { printf 'browser: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

chromium=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$chromium" ]; then
    "$root/scripts/debian.sh" chromium
    chromium=$(command -v chromium)
fi

# One package without what it depends on: these are bundled. `@scope/name` stands in `scope-name`.
get() {
    name=$(printf '%s' "${1#@}" | tr / -)
    [ -d "$home/$name-$2" ] && return 0
    command -v npm >/dev/null || "$root/scripts/debian.sh" npm
    mkdir -p "$home"
    partial=$(mktemp -d "$home/partial.XXXXXX")
    say "getting $1 $2, once, into .cache/"
    if npm pack --silent --pack-destination "$partial" "$1@$2" >/dev/null && tar -xzf "$partial/$name-$2.tgz" -C "$partial"; then
        # Another run may have been faster; its result is as good.
        mv -T "$partial/package" "$home/$name-$2" 2>/dev/null || true
        rm -rf "$partial"
    else
        rm -rf "$partial"
        fail "npm could not get $1@$2"
    fi
}
get axe-core 4.14.1
# The first and the last of each major version.
for version in 1.0.0 1.5.1 2.0.3 2.3.0 3.0.1 3.2.2; do
    get altcha "$version"
done
for version in 1.9.12 2.0.11 4.0.1; do
    get htmx.org "$version"
done
for version in 7.3.0 8.0.23; do
    get @hotwired/turbo "$version"
done

printf 'CHROMIUM=%s NODE_PACKAGES=%s\n' "$chromium" "$home"
