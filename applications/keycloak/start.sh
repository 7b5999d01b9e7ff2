#!/bin/sh
# Keycloak, from Maven, with a database in memory, at 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
#
# It is stopped by ending its process group. Mail becomes files in STATE_DIR/mail.
set -eu

version=26.5.6
port=$1
state=$2
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/applications/keycloak
home=$cache/keycloak-$version
mkdir -p "$state/mail" "$cache"
. "$here/../common.sh"

command -v java >/dev/null || absent 'needs Java 17 or newer: apt-get install openjdk-17-jre-headless'
command -v python3 >/dev/null || absent 'needs python3'
if [ ! -x "$home/bin/kc.sh" ]; then
    command -v mvn >/dev/null || absent 'needs mvn: apt-get install maven'
    artifact=org.keycloak:keycloak-quarkus-dist:$version:zip
    partial=$(mktemp -d "$cache/partial.XXXXXX")
    printf 'applications: getting Keycloak %s, about 160 MB, once, into .cache/\n' "$version" >&2
    mvn -q -B dependency:copy -Dartifact="$artifact" -DoutputDirectory="$partial" >"$state/mvn.log" 2>&1 ||
        absent "Maven could not get $artifact; see $state/mvn.log"
    python3 - "$partial/keycloak-quarkus-dist-$version.zip" "$partial" <<'PYTHON'
import sys, zipfile
zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])
PYTHON
    chmod +x "$partial/keycloak-$version/bin/kc.sh"
    # Another run may have been faster; its result is as good.
    mv -T "$partial/keycloak-$version" "$home" 2>/dev/null || true
    rm -rf "$partial"
fi

# A folder of its own for what it writes; the rest is linked.
own=$state/keycloak
if [ ! -d "$own" ]; then
    mkdir -p "$own/data/import"
    cp -r "$home/bin" "$home/conf" "$home/providers" "$home/themes" "$own/"
    cp -r "$home/lib" "$own/lib"
fi
python3 "$here/mail.py" "$state/mail" >"$state/smtp-port" 2>"$state/smtp.log" &
until_works 'the mail server' test -s "$state/smtp-port"
python3 "$here/seed.py" "$(cat "$state/smtp-port")" "$state" >"$own/data/import/shop-realm.json"

export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=correct-horse-7
export JAVA_OPTS_APPEND='-Xmx512m -XX:TieredStopAtLevel=1'
exec "$own/bin/kc.sh" start-dev --import-realm --db=dev-mem --cache=local --log-level=warn \
    --http-host=127.0.0.1 --http-port="$port" --http-management-port=0
