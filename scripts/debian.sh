#!/bin/sh
# Installs Debian's packages where they are missing, as root; else says what to do: `debian.sh PACKAGE..`.
set -eu

missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing:$missing; install them: apt-get install$missing" >&2
    exit 1
fi
echo "installing Debian's$missing; this takes a while" >&2
get() {
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yqq --no-install-recommends $missing >&2
}
get || { apt-get update -qq >&2 && get; }
