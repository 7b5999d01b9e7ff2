#!/bin/sh
# Prints the path of Binaryen's wasm-opt, getting one first when there is none. Progress goes to stderr.
#
# In this order: $WASM_OPT; wasm-opt on PATH; Debian's package, taken apart and not installed; npm's pinned package,
# which needs Node, 250 MB of memory and half as long again.
set -eu

npm_version=132.0.0
root=$(cd "$(dirname "$0")/.." && pwd)
debian=$root/.cache/binaryen-debian
npm=$root/.cache/binaryen-npm-$npm_version

say() { printf 'wasm-opt: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -n "${WASM_OPT:-}" ]; then
    command -v "$WASM_OPT" ||
        fail "WASM_OPT=$WASM_OPT is no executable file; unset it or point it at Binaryen's wasm-opt"
    exit
fi

command -v wasm-opt && exit

# Only what has run once bears its final name.
finished() {
    for binary in "$debian/usr/bin/wasm-opt" "$npm/bin/wasm-opt"; do
        [ -x "$binary" ] && printf '%s\n' "$binary" && return
    done
    return 1
}
finished && exit

mkdir -p "$root/.cache"
partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' HUP INT TERM

# What was got becomes what is used, if it runs. Another run may have been faster; its result is as good.
keep() {
    "$1/$2" --version >&2 || { say "what was got does not run on this machine"; return 1; }
    chmod 755 "$1"
    mv -T "$1" "$3" 2>/dev/null || true
}

from_debian() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    say "getting Debian's binaryen, 3 MB, once, into .cache/"
    (
        cd "$partial"
        apt-get -qq download binaryen >&2 || { apt-get -qq update >&2 && apt-get -qq download binaryen >&2; }
        dpkg -x ./binaryen_*.deb debian
    ) && keep "$partial/debian" usr/bin/wasm-opt "$debian"
}

from_npm() {
    command -v npm >/dev/null || return 1
    say "getting npm's binaryen $npm_version, once, into .cache/"
    npm pack --silent --pack-destination "$partial" "binaryen@$npm_version" >/dev/null &&
        tar -xzf "$partial/binaryen-$npm_version.tgz" -C "$partial" &&
        keep "$partial/package" bin/wasm-opt "$npm"
}

from_debian || from_npm ||
    fail 'none can be got: install Binaryen (apt-get install binaryen), or set WASM_OPT=/path/to/wasm-opt'
finished || fail "nothing usable in $root/.cache; remove its binaryen folders and try again"
