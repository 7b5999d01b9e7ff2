#!/bin/sh
# Fuzzes every parser of untrusted bytes for some seconds each: scripts/fuzz.sh [SECONDS [TARGET...]]
#
# libFuzzer's counters are inserted by LLVM itself, so a stable toolchain is enough: RUSTC_BOOTSTRAP only lets cargo-fuzz pass its flags.
set -eu
cd "$(dirname "$0")/.."

seconds=${1:-20}
[ $# -gt 0 ] && shift
command -v cargo-fuzz >/dev/null || { echo '== installing cargo-fuzz, once' >&2; cargo install --quiet --locked cargo-fuzz; }
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "$@"; do
    echo "== fuzzing $target for $seconds s" >&2
    if RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=16384 >"$log" 2>&1; then
        grep DONE "$log"
    else
        tail -n 40 "$log" >&2
        echo "fuzzing $target failed; the input stands in fuzz/artifacts/$target" >&2
        exit 1
    fi
done
