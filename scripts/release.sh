#!/bin/sh
# Makes a release, in target/dist: the filter, its OCI image, the command line for Linux, the schema, the man page, the
# book, a bill of materials (CycloneDX) and the checksums of all of them.
#
# The same revision gives the same bytes in whatever folder it is built, by the same versions of Rust and of the tools.
# A tree with changes has no revision, and is called so.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
dist=target/dist
built=target/reproducible
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
revision=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain)" ] || revision=$revision-changed
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH PALISADE_REVISION="$revision"
host=$(rustc -vV | sed -n 's/^host: //p')
cyclonedx_version=0.5.9
cyclonedx=.cache/cargo-cyclonedx-$cyclonedx_version

say() { printf '== %s\n' "$*"; }

# Nothing in the artefacts tells where they were built.
built() {
    cargo --config "target.'cfg(all())'.rustflags=[$(
        printf '"--remap-path-prefix=%s=/palisade","--remap-path-prefix=%s=/cargo"' "$root" "${CARGO_HOME:-$HOME/.cargo}"
    )]" build --release --locked --target-dir "$built" "$@"
}

# Everything below a folder, in a tar.gz that depends on nothing else.
packed() {
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
        -C "$1" -cf - . | gzip -n >"$2"
}

rm -rf "$dist"
mkdir -p "$dist"
say "palisade $version, revision $revision, in $dist"
say 'the filter'
built --lib --target wasm32-wasip1
scripts/shrink.sh "$built/wasm32-wasip1/release/palisade.wasm" "$built/palisade.wasm"
cp "$built/palisade.wasm" "$dist/palisade-$version.wasm"
say 'its image'
python3 scripts/oci.py "$dist/palisade-$version.wasm" "$version" "$revision" "$dist/palisade-$version.oci.tar"
say 'the command line'
built --features cli --bin palisade --target "$host"
command=$built/$host/release/palisade
cp "$command" "$dist/palisade-$version-${host%%-*}-linux"
"$command" schema >"$dist/palisade-$version.schema.json"
"$command" man >"$dist/palisade.1"
say 'the bill of materials'
if [ ! -x "$cyclonedx/bin/cargo-cyclonedx" ]; then
    say "compiling cargo-cyclonedx $cyclonedx_version, a minute or two, once, into $cyclonedx"
    cargo install cargo-cyclonedx --version "$cyclonedx_version" --locked --root "$cyclonedx"
fi
# Of the filter: what it holds is what runs in front of the application.
"$cyclonedx/bin/cargo-cyclonedx" cyclonedx --quiet --format json --target wasm32-wasip1 --override-filename target-dist-sbom
sed "s|path+file://$root|path+file:///palisade|g" target-dist-sbom.json >"$dist/palisade-$version.cdx.json"
rm -f target-dist-sbom.json derive/target-dist-sbom.json
say 'the book'
scripts/docs.sh
packed target/book "$dist/palisade-$version-book.tar.gz"
say 'checksums'
(cd "$dist" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
