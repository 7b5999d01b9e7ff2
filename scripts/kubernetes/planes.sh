#!/bin/sh
# The control planes of Istio and of Envoy Gateway run our manifests, each with a real Envoy, and everything that the demo
# promises comes true through them: `planes.sh [istio|gateway [NAME..]]`. They are built once, about eleven minutes.
set -eu

what=${1:-all}
[ $# = 0 ] || shift
names=$*
set -- --control-planes
# shellcheck source=scripts/kubernetes/server.sh
. "$(dirname "$0")/server.sh"
scripts/debian.sh docker-registry skopeo python3-yaml
if [ "$what" != gateway ]; then
    mkdir -p "$place/istio"
    # shellcheck disable=SC2086 # a list of words
    python3 scripts/kubernetes/istio.py "$home" "$place/istio" "$kubeconfig" $names
fi
if [ "$what" != istio ]; then
    mkdir -p "$place/gateway"
    # shellcheck disable=SC2086 # a list of words
    python3 scripts/kubernetes/gateway.py "$home" "$place/gateway" $names
fi
