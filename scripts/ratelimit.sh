#!/bin/sh
# Prints `RATELIMIT=... REDIS=...`: Envoy's rate limit service and Redis, for the tests of a fleet. What is missing is got
# first, into .cache/. Progress goes to stderr.
#
# The service is built from its Go module; Redis is $REDIS, redis-server on PATH, or Debian's package, taken apart and
# not installed.
set -eu

version=v1.4.1-0.20260122083618-3fb702589d36
root=$(cd "$(dirname "$0")/.." && pwd)
service=$root/.cache/ratelimit-$version
redis_home=$root/.cache/redis

say() { printf 'ratelimit: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

mkdir -p "$root/.cache"
partial=
trap '[ -z "$partial" ] || rm -rf "$partial"' EXIT
trap 'exit 1' HUP INT TERM

# `go install` takes no program of a module with replacements: a module of our own requires it instead.
build_service() {
    command -v go >/dev/null || fail 'go is missing; install it, 1.24 or newer: apt-get install golang'
    partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
    say "building Envoy's rate limit service $version, once, into .cache/; this takes a few minutes"
    (
        cd "$partial"
        printf 'module palisade.test/ratelimit\n\ngo 1.24\n\nrequire github.com/envoyproxy/ratelimit %s\n' "$version" > go.mod
        go mod download github.com/envoyproxy/ratelimit >&2
        go build -mod=mod -o ratelimit github.com/envoyproxy/ratelimit/src/service_cmd >&2
    ) || fail 'the service could not be built; see above'
    # Another run may have been faster; its result is as good.
    mv "$partial/ratelimit" "$service"
    rm -rf "$partial"
    partial=
}

get_redis() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail 'redis-server is missing, and there is no apt-get here; install Redis 6 or newer, or set REDIS=/path/to/redis-server'
    partial=$(mktemp -d "$root/.cache/partial.XXXXXX")
    say "getting Debian's redis-server, once, into .cache/"
    (
        cd "$partial"
        # With its libraries: what else it depends on, every Debian has.
        apt-get download redis-server redis-tools libjemalloc2 liblzf1 libatomic1 >&2
        for package in ./*.deb; do dpkg -x "$package" root; done
    ) || fail 'no redis-server: apt-get download failed; run apt-get update, or set REDIS=/path/to/redis-server'
    mv -T "$partial/root" "$redis_home" 2>/dev/null || true
    rm -rf "$partial"
    partial=
}

[ -x "$service" ] || build_service

redis=${REDIS:-$(command -v redis-server || true)}
if [ -z "$redis" ]; then
    wrapper=$redis_home/redis-server
    if ! [ -x "$wrapper" ]; then
        [ -e "$redis_home/usr/bin/redis-server" ] || get_redis
        libraries=$(cd "$redis_home" && find usr lib -name '*.so*' -exec dirname {} + 2>/dev/null | sort -u | head -n 1)
        {
            printf '#!/bin/sh\n'
            printf 'home=$(cd "$(dirname "$0")" && pwd)\n'
            printf 'LD_LIBRARY_PATH=$home/%s exec "$home/usr/bin/redis-server" "$@"\n' "$libraries"
        } > "$wrapper.new"
        chmod 755 "$wrapper.new"
        mv "$wrapper.new" "$wrapper"
    fi
    redis=$wrapper
fi
"$redis" --version >&2 || fail "$redis does not run on this machine; set REDIS=/path/to/redis-server"

printf 'RATELIMIT=%s REDIS=%s\n' "$service" "$redis"
