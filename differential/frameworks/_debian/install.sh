# Sourced by `install` of each framework that comes from Debian: these packages, with apt-get, as root.

debian() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
    if [ -z "$missing" ]; then
        return
    fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "needs root and apt-get; apt-get install$missing" >&2
        exit 3
    fi
    # shellcheck disable=SC2086 # a list of words
    {
        DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing ||
            { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; }
    } >"$CACHE/apt.log" 2>&1 || {
        echo "apt-get cannot install$missing; see $CACHE/apt.log" >&2
        exit 3
    }
}
