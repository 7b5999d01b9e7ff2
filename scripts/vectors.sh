#!/bin/sh
# Captures again, into tests/vectors/clients/, what real HTTP clients write when a person logs in:
# `vectors.sh [NAME..]`, all of them unless some are named. What a machine has not is left out with a line, and its
# vectors stay as they are.
#
# The clients' packages come from the registries of their languages into .cache/vectors/.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/scripts/vectors
home=$root/.cache/vectors
wanted=${*:-chromium firefox python commands node go rust ruby php java}

say() { printf 'vectors: %s\n' "$*" >&2; }

# Whether these programs are here; says which are not.
have() {
    for program in "$@"; do
        command -v "$program" >/dev/null || { say "$program is missing; install it to capture $name"; return 1; }
    done
}

mkdir -p "$home"
have python3 || exit 1
set --
for name in $wanted; do
    case $name in
    chromium | firefox)
        program=$([ "$name" = firefox ] && echo firefox-esr || echo chromium)
        have "$program" || continue
        version=$("$program" --version 2>/dev/null | tr ' ' '\n' | grep -m 1 '^[0-9]')
        set -- "$@" "browser:$name@$program@$version"
        ;;
    python)
        [ -d "$home/python" ] || python3 -m venv "$home/python"
        "$home/python/bin/pip" install --quiet --requirement "$here/requirements.txt"
        set -- "$@" "$name:$home/python/bin/python -W ignore $here/python_clients.py"
        ;;
    commands)
        have curl wget || continue
        set -- "$@" "$name:python3 $here/command_clients.py"
        ;;
    node)
        have node npm || continue
        mkdir -p "$home/node"
        cp "$here/node/"* "$home/node/"
        (cd "$home/node" && npm install --silent >&2)
        set -- "$@" "$name:node --no-deprecation $home/node/clients.mjs"
        ;;
    go)
        have go || continue
        (cd "$here/go" && go build -o "$home/go/clients" .)
        set -- "$@" "$name:$home/go/clients"
        ;;
    rust)
        have cargo || continue
        (cd "$here/rust" && CARGO_TARGET_DIR=$home/rust cargo build --quiet --locked)
        set -- "$@" "$name:$home/rust/debug/clients"
        ;;
    ruby)
        have ruby || continue
        set -- "$@" "$name:ruby $here/ruby_clients.rb"
        ;;
    php)
        have php || continue
        set -- "$@" "$name:php $here/php_clients.php"
        ;;
    java)
        have javac mvn || continue
        for version in 4.12.0 3.14.9; do
            classpath=$home/java/classpath-$version
            mkdir -p "$home/java"
            [ "$classpath" -nt "$here/java/pom.xml" ] || (cd "$here/java" && mvn -q -B dependency:build-classpath \
                "-Dokhttp.version=$version" "-Dmdep.outputFile=$classpath" >&2)
            all=$home/java/classes:$(cat "$classpath")
            [ "$version" = 3.14.9 ] || javac -encoding UTF-8 -nowarn -cp "$all" -d "$home/java/classes" \
                "$here"/java/src/main/java/*.java
            only=$([ "$version" = 3.14.9 ] && echo okhttp || true)
            set -- "$@" "$name:java -Dokhttp=$version -cp $all Clients $only"
        done
        ;;
    *)
        say "there is no $name; there are: chromium firefox python commands node go rust ruby php java"
        exit 1
        ;;
    esac
done
exec python3 "$here/capture.py" "$@"
