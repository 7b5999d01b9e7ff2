# Sourced by `start.sh` of each application. Exit status 75 says that this machine cannot have the application, in one line.

absent() {
    printf 'applications: %s\n' "$*" >&2
    exit 75
}

# These packages of Debian's, by apt-get, as root.
debian() {
    "$here/../../scripts/debian.sh" "$@" 2>"$state/apt.log" || absent "$(tail -n 1 "$state/apt.log"); see $state/apt.log"
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
