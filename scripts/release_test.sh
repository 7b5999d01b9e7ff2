#!/bin/sh
# Whether a release is what it should be: two clones in two folders give the same bytes, the checksums are right, and the
# image goes through a real registry (Debian's) and comes back as the same module.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/debian.sh" docker-registry skopeo
place=$(mktemp -d)
registry=
clean() {
    [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
    rm -rf "$place"
}
trap clean EXIT
fail() { printf 'release: %s\n' "$*" >&2; exit 1; }

mkdir -p "$root/.cache" "$place/a/longer/path"
one=$place/one
two=$place/a/longer/path/two
git clone --quiet "$root" "$one"
git clone --quiet "$one" "$two"
for clone in "$one" "$two"; do
    ln -s "$root/.cache" "$clone/.cache"
    make --no-print-directory -C "$clone" release
done
diff "$one/target/dist/SHA256SUMS" "$two/target/dist/SHA256SUMS" || fail 'two clones gave different bytes'
(cd "$two/target/dist" && sha256sum --quiet -c SHA256SUMS) || fail 'a checksum is wrong'
echo '== two clones in two folders gave the same bytes'

dist=$one/target/dist
archive=$(echo "$dist"/palisade-*.oci.tar)
module=$(echo "$dist"/palisade-*.wasm)
version=$(basename "$module" .wasm)
version=${version#palisade-}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$place/registry.yaml" <<CONFIG
version: 0.1
storage: {filesystem: {rootdirectory: $place/registry}}
http: {addr: "127.0.0.1:$port"}
CONFIG
docker-registry serve "$place/registry.yaml" >"$place/registry.log" 2>&1 &
registry=$!
image=docker://127.0.0.1:$port/palisade:$version
tries=0
until skopeo copy --quiet --dest-tls-verify=false "oci-archive:$archive" "$image" 2>"$place/push.log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { cat "$place/push.log" "$place/registry.log" >&2; fail 'the registry takes no image'; }
    sleep 0.2
done
skopeo copy --quiet --src-tls-verify=false "$image" "dir:$place/pulled"
layer=$(python3 -c '
import json, sys
layer, = json.load(open(sys.argv[1]))["layers"]
print(layer["digest"].removeprefix("sha256:"))' "$place/pulled/manifest.json")
tar -xzOf "$place/pulled/$layer" plugin.wasm | cmp - "$module" || fail 'another module came back from the registry'
echo '== the image went through a registry and came back as the same module'
