#!/bin/sh
# Writes what the documents show of simulations again: the tables and pictures of docs/operate/simulate.md. With
# names it simulates those alone and prints them.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
cargo build --quiet --locked --profile bench --features cli --bin palisade
palisade=${CARGO_TARGET_DIR:-target}/release/palisade
if [ $# -gt 0 ]; then
    exec "$palisade" simulate "$@"
fi

page=docs/operate/simulate.md
names=$(sed -n 's/^<!-- simulated \(.*\) -->$/\1/p' "$page")
new=$(mktemp)
trap 'rm -f "$new"' EXIT
cp "$page" "$new"
for name in $names; do
    picture=
    if [ -e "docs/operate/simulate/$name.svg" ]; then picture="--svg docs/operate/simulate"; fi
    # shellcheck disable=SC2086 # two words
    "$palisade" simulate "$name" $picture > target/simulated.txt
    # The block behind the mark is replaced by what the command has printed.
    awk -v mark="<!-- simulated $name -->" '
        $0 == mark {
            print; print "```text"
            while ((getline line < "target/simulated.txt") > 0) if (line != "") print line
            print "```"; inside = 1; next
        }
        inside && /^```$/ { inside = 0; next }
        !inside { print }
    ' "$new" > target/simulated.md
    cp target/simulated.md "$new"
done
cp "$new" "$page"
