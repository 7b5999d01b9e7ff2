#!/bin/sh
# Builds the documents as a book, in target/book, and looks at every link in it. A warning is a failure.
set -eu
cd "$(dirname "$0")/.."

version=0.5.4
home=.cache/mdbook-$version
book=$home/bin/mdbook
stage=target/book-stage

if [ ! -x "$book" ]; then
    echo "docs: compiling mdbook $version, some minutes, once, into $home" >&2
    cargo install mdbook --version "$version" --locked --no-default-features --features search --root "$home" >&2
fi

python3 scripts/book.py lay "$stage"
if ! "$book" build "$stage" >"$stage/log" 2>&1 || grep -E 'WARN|ERROR' "$stage/log" >&2; then
    cat "$stage/log" >&2
    echo 'docs: mdbook is not content; see above' >&2
    exit 1
fi
python3 scripts/book.py check "$stage/html"
rm -rf target/book
mv "$stage/html" target/book
echo '== target/book/index.html'
