#!/bin/sh
# A real API server, with the definitions of Istio, of the Gateway API and of Envoy Gateway, judges every manifest of ours
# strictly: those of envoy/kubernetes, and what `palisade render` writes. With `--istioctl` or `--control-planes`,
# `istioctl validate` judges those of Istio as well (it takes some minutes more to build).
# A manifest with a mistake must be refused, or the judge judges nothing.
set -eu

# shellcheck source=scripts/kubernetes/server.sh
. "$(dirname "$0")/server.sh"
palisade=${PALISADE:-$root/target/debug/palisade}

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
# What stands in an EnvoyFilter is Envoy's: the API server does not know its types, and istioctl knows no more than these.
[ ! -x "$bin/istioctl" ] || refuse envoy/kubernetes/istio-envoyfilter.yaml 's/filters.http.wasm.v3.Wasm$/filters.http.wasm.v3.Wasn/'
[ -z "$failed" ] || fail 'see above'
echo '== every manifest is right'
