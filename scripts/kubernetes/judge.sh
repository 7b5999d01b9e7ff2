#!/bin/sh
# A real API server, with the definitions of Istio, of the Gateway API and of Envoy Gateway, judges every manifest of ours
# strictly: those of envoy/kubernetes, and what `palisade render` writes. With `--istioctl`, `istioctl validate` judges those
# of Istio as well (it takes some minutes more to build).
# A manifest with a mistake must be refused, or the judge judges nothing.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
home=$(scripts/kubernetes/build.sh "$@")
bin=$home/bin
palisade=${PALISADE:-$root/target/debug/palisade}
place=$(mktemp -d)
started=
clean() {
    # At once: an API server that is asked to end waits for an etcd that has ended, without end, and their data goes anyway.
    # shellcheck disable=SC2086 # a list of numbers
    [ -z "$started" ] || kill -KILL $started 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$place"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
fail() { printf 'kubernetes: %s\n' "$*" >&2; exit 1; }
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The API server, of this run alone.
store=$(port)
peers=$(port)
api=$(port)
"$bin/etcd" --data-dir "$place/etcd" --listen-client-urls "http://127.0.0.1:$store" --advertise-client-urls "http://127.0.0.1:$store" \
    --listen-peer-urls "http://127.0.0.1:$peers" --log-level error >"$place/etcd.log" 2>&1 &
started="$started $!"
openssl genrsa -out "$place/accounts.key" 2048 2>/dev/null
token=$(openssl rand -hex 16)
echo "$token,admin,admin,system:masters" >"$place/tokens"
"$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$store" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$api" \
    --cert-dir "$place/certificates" --token-auth-file "$place/tokens" --authorization-mode RBAC \
    --disable-admission-plugins ServiceAccount --service-cluster-ip-range 10.96.0.0/16 \
    --service-account-issuer https://palisade.local --service-account-key-file "$place/accounts.key" \
    --service-account-signing-key-file "$place/accounts.key" >"$place/api.log" 2>&1 &
started="$started $!"
kube() { "$bin/kubectl" --server "https://127.0.0.1:$api" --insecure-skip-tls-verify --token "$token" --cache-dir "$place/cache" "$@"; }
tries=0
until kube get --raw /readyz >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { tail -n 20 "$place/etcd.log" "$place/api.log" >&2; fail 'the API server does not start'; }
    sleep 0.2
done
for definitions in "$(cat "$home/istio.dir")/manifests/charts/base/files/crd-all.gen.yaml" \
    "$(cat "$home/gateway.dir")/charts/gateway-helm/charts/crds/crds"; do
    kube apply --server-side --force-conflicts --recursive -f "$definitions" >"$place/applied" 2>&1 ||
        { cat "$place/applied" >&2; fail "the API server does not take $definitions"; }
done
kube wait --for condition=established --all customresourcedefinitions --timeout 60s >"$place/applied" 2>&1 ||
    { cat "$place/applied" >&2; fail 'a definition is not established'; }
kube create namespace istio-ingress >/dev/null
echo "== an API server of Kubernetes with the definitions of Istio, the Gateway API and Envoy Gateway"

# Whether the API server takes a file, and Istio's own judge, where it is there.
judged() {
    kube apply --dry-run=server --validate=strict -f "$1" >"$place/said" 2>&1 || return 1
    if [ -x "$bin/istioctl" ] && grep -q 'istio.io/' "$1"; then
        "$bin/istioctl" validate -f "$1" >>"$place/said" 2>&1 || return 1
    fi
}

failed=
judge() {
    if judged "$1"; then
        printf 'ok  %s: %s\n' "$2" "$(grep -c '(server dry run)' "$place/said") manifests"
    else
        cat "$place/said" >&2
        printf 'NO  %s\n' "$2"
        failed=yes
    fi
}
for manifest in envoy/kubernetes/*.yaml; do
    judge "$manifest" "$manifest"
done
for target in wasmplugin trafficextension envoyfilter envoy-gateway; do
    for policy in policies/stacks/django.yaml policies/keycloak.yaml; do
        "$palisade" render "$policy" --for "$target" >"$place/rendered.yaml"
        judge "$place/rendered.yaml" "palisade render $policy --for $target"
    done
done

# What must be refused: a setting that does not exist, and a value of another kind.
refuse() {
    sed "$2" "$1" >"$place/broken.yaml"
    cmp -s "$1" "$place/broken.yaml" && fail "$2 changes nothing in $1"
    if judged "$place/broken.yaml"; then
        printf 'NO  %s passes with %s\n' "$1" "$2"
        failed=yes
    else
        printf 'ok  %s is refused with %s\n' "$1" "$2"
    fi
}
refuse envoy/kubernetes/istio.yaml 's/^  pluginConfig:/  pluginConfiguration:/'
refuse envoy/kubernetes/istio.yaml 's/^  phase: .*/  phase: 7/'
refuse envoy/kubernetes/istio-envoyfilter.yaml 's/^  configPatches:/  configPatch:/'
refuse envoy/kubernetes/envoy-gateway.yaml 's/^  wasm:/  wasms:/'
refuse envoy/kubernetes/ratelimit.yaml 's/^  replicas:/  replica:/'
refuse envoy/kubernetes/ratelimit-envoy-gateway.yaml 's/^        op: add/        op: put/'
[ -z "$failed" ] || fail 'see above'
echo '== every manifest is right'
