#!/bin/sh
# The real func-e runs the demo, with the Envoy that is at hand and without a network.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
version=1.6.0
home=$root/.cache/func-e-$version
fail() { printf 'func-e: %s\n' "$*" >&2; exit 1; }

envoy=$(scripts/envoy.sh)
if [ ! -x "$home/func-e" ]; then
    command -v go >/dev/null || fail 'go is missing, by which func-e is built; install it: apt-get install golang-go'
    printf 'func-e: building %s, once, into .cache/\n' "$version" >&2
    GOBIN=$home GOFLAGS=-mod=mod go install "github.com/tetratelabs/func-e/cmd/func-e@v$version" ||
        fail "go could not build func-e $version"
fi

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
number=$("$envoy" --version | sed -n 's|.*/\([0-9.]*\)/.*|\1|p' | head -n 1)
mkdir -p "$place/data/envoy-versions/$number/bin" "$place/bin"
ln -s "$envoy" "$place/data/envoy-versions/$number/bin/envoy"
export FUNC_E_DATA_HOME="$place/data" FUNC_E_STATE_HOME="$place/state" FUNC_E_RUNTIME_DIR="$place/runtime"
export ENVOY_VERSION="$number" HOME="$place"
# Nothing is fetched: no proxy listens there.
export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9
unset ENVOY

PATH=$home:$PATH
found=$(scripts/envoy.sh)
[ "$found" = "$place/data/envoy-versions/$number/bin/envoy" ] || fail "make run would take $found, not func-e's"
printf '#!/bin/sh\nexec func-e run "$@"\n' >"$place/bin/func-e-run"
chmod +x "$place/bin/func-e-run"
ENVOY=$place/bin/func-e-run python3 scripts/demo.py
