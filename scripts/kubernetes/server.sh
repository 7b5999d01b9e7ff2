# shellcheck shell=sh
# A real API server with the definitions of Istio, of the Gateway API and of Envoy Gateway, for the script that reads this
# file (`.`): it ends with it. Afterwards there are `home`, `bin`, `place` (a folder of its own), `started` (what ends with
# it), `kube` (kubectl for it), `kubeconfig`, `port` (a free one) and `fail`.

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
home=$(scripts/kubernetes/build.sh "$@")
bin=$home/bin
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
kubeconfig=$place/kubeconfig
cat >"$kubeconfig" <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:$api", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: "$token"}}]
contexts: [{name: here, context: {cluster: here, user: admin}}]
current-context: here
CONFIG
kube create namespace istio-ingress >/dev/null
echo "== an API server of Kubernetes with the definitions of Istio, the Gateway API and Envoy Gateway"
