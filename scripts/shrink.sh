#!/bin/sh
# Makes what ships of what cargo has built: shrink.sh [--or-copy] FROM TO.
#
# wasm-opt takes a tenth of the filter away, and a request costs the same (docs/design/price.md). Where there is none,
# --or-copy goes on with the filter as it is; without that it is a failure.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
is_needed=yes
if [ "$1" = --or-copy ]; then
    is_needed=
    shift
fi
from=$1
to=$2
sums=$to.sums
mkdir -p "$(dirname "$to")"

# The same filter, shrunk in the same way: that takes 14 s, so nothing is done twice.
if sha256sum --status -c "$sums" 2>/dev/null && grep -qF "  $from" "$sums"; then
    touch "$to"
    exit
fi

trap 'rm -f "$to.new"' EXIT
trap 'exit 1' HUP INT TERM
rm -f "$sums"
if tool=$("$here/wasm_opt.sh"); then
    # The first KiB of memory is the far end of the stack: what --low-memory-unused promises of it holds, and makes the
    # filter 10 KiB smaller. Behind it stands what rustc uses of WebAssembly by itself.
    "$tool" -Oz --low-memory-unused --enable-bulk-memory --enable-multivalue --enable-mutable-globals \
        --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext "$from" -o "$to.new" || {
        echo "$tool does not take $from; set WASM_OPT to Binaryen's wasm-opt, 108 or newer" >&2
        exit 1
    }
    mv "$to.new" "$to"
    sha256sum "$from" "$to" "$here/shrink.sh" "$here/wasm_opt.sh" >"$sums"
elif [ -z "$is_needed" ]; then
    echo "$to is not shrunk, and a tenth larger than what ships: there is no wasm-opt" >&2
    cp "$from" "$to.new"
    mv "$to.new" "$to"
else
    exit 1
fi
