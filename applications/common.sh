# Sourced by `start.sh` of each application. Exit status 75 says that this machine cannot have the application, in one line.

absent() {
    printf 'applications: %s\n' "$*" >&2
    exit 75
}

# These packages of Debian's, by apt-get, as root.
debian() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        absent "needs Debian's packages: apt-get install$missing"
    fi
    printf 'applications: installing Debian'\''s%s\n' "$missing" >&2
    # shellcheck disable=SC2086 # a list of words
    {
        get() {
            DEBIAN_FRONTEND=noninteractive \
                apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends $missing
        }
        get || { apt-get update -q && get; }
    } >"$state/apt.log" 2>&1 || absent "apt-get cannot install$missing; see $state/apt.log"
}

# Waits until a command succeeds, for a minute at most.
until_works() {
    what=$1
    shift
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            printf 'applications: waited a minute for %s\n' "$what" >&2
            exit 1
        fi
        sleep 0.2
    done
}
