#!/bin/sh
# Builds what judges and runs our manifests, of Go modules at pinned versions, once, into .cache/kubernetes/, and prints
# that folder: etcd, the API server and kubectl; with `--istioctl` that as well; with `--control-planes` also those of Istio
# and of Envoy Gateway.
# Progress goes to stderr.
#
# `go install MODULE@VERSION` does not work for these: their replacements count only in a module that is the main one.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
home=$root/.cache/kubernetes
kubernetes=1.36.3
etcd=3.6.16
istio=v0.0.0-20260827124520-eed52ebb66ad
gateway=1.9.1

say() { printf 'kubernetes: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
command -v go >/dev/null || fail 'go is missing, by which all of it is built; install it: apt-get install golang-go'
mkdir -p "$home/bin"
export GOFLAGS=-mod=mod CGO_ENABLED=0
# Without debug information: half the size, and a third less time.
flags='-s -w'

# A module of our own that requires one of theirs: module NAME PATH VERSION.
module() {
    mkdir -p "$home/$1"
    cd "$home/$1"
    [ -f go.mod ] && return
    say "getting $2 $3"
    go mod init "palisade.local/$1" >&2 2>/dev/null
    if [ "$2" = k8s.io/kubernetes ]; then
        go mod edit -require "$2@$3"
        directory=$(go mod download -json "$2@$3" | sed -n 's/^\t*"Dir": "\(.*\)",\{0,1\}$/\1/p')
        # Its parts are versioned apart, and its own go.mod replaces them by folders that a module does not have.
        for part in $(ls "$directory/staging/src/k8s.io" 2>/dev/null || sed -n 's|^[[:space:]]*k8s.io/\([a-z-]*\) => ./staging.*|\1|p' "$directory/go.mod"); do
            go mod edit -replace "k8s.io/$part=k8s.io/$part@v0.${3#v1.}"
        done
    else
        go mod edit -require "$2@$3"
    fi
}

# A command of the module: command NAME PACKAGE [LINKER FLAGS].
command_of() {
    [ -x "$home/bin/$1" ] && return
    say "building $1, some minutes, once"
    started=$(date +%s)
    go build -p 2 -trimpath -ldflags "$flags ${3:-}" -o "$home/bin/$1.partial" "$2" >&2 || fail "$1 could not be built"
    mv "$home/bin/$1.partial" "$home/bin/$1"
    say "built $1 in $(($(date +%s) - started)) s"
}

module etcd go.etcd.io/etcd/server/v3 "v$etcd"
command_of etcd go.etcd.io/etcd/server/v3
module apiserver k8s.io/kubernetes "v$kubernetes"
# Without a version it would call itself v0.0.0, and refuse to start.
versioned="-X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
command_of kubectl k8s.io/kubernetes/cmd/kubectl "$versioned"
command_of kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver "$versioned"
# Only their definitions are needed: these lie in the modules.
definitions() {
    directory=$(go mod download -json "$1@$2" | sed -n 's/^\t*"Dir": "\(.*\)",\{0,1\}$/\1/p')
    [ -d "$directory" ] || fail "go could not get $1 $2"
    printf '%s\n' "$directory"
}
definitions istio.io/istio "$istio" >"$home/istio.dir"
definitions github.com/envoyproxy/gateway "v$gateway" >"$home/gateway.dir"
case ${1:-} in
--istioctl | --control-planes)
    module istio istio.io/istio "$istio"
    command_of istioctl istio.io/istio/istioctl/cmd/istioctl
    ;;
esac
if [ "${1:-}" = --control-planes ]; then
    command_of pilot-discovery istio.io/istio/pilot/cmd/pilot-discovery
    command_of pilot-agent istio.io/istio/pilot/cmd/pilot-agent
    module gateway github.com/envoyproxy/gateway "v$gateway"
    command_of envoy-gateway github.com/envoyproxy/gateway/cmd/envoy-gateway
fi
printf '%s\n' "$home"
