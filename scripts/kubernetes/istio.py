#!/usr/bin/env python3
"""Istio's control plane and its agent run our manifests with a stock Envoy: at a gateway as WasmPlugin, as
TrafficExtension and as EnvoyFilter, and at a sidecar. `planes.sh` starts it, beside an API server.

    istio.py HOME PLACE KUBECONFIG [NAME..]
"""

import copy
import json
import os
import pathlib
import signal
import subprocess
import sys

import pods
import surroundings
import through
from surroundings import demo, manifests, written

SPACE = "istio-ingress"
CLUSTER = f"outbound|443||{surroundings.API}"
LABELS = {
    "gateway": {"istio": "ingress", "gateway.networking.k8s.io/gateway-name": "gateway"},
    "sidecar": {"app": "login"},
}
# A stock Envoy has none of Istio's own filters.
CONTROL = {"PILOT_ENABLE_ALPN_FILTER": "false", "PILOT_ENABLE_METADATA_EXCHANGE": "false", "ENABLE_CA_SERVER": "false",
           "PILOT_CERT_PROVIDER": "none", "POD_NAMESPACE": "istio-system", "POD_NAME": "istiod"}
MESH = {"defaultProviders": {"metrics": [], "tracing": [], "accessLogging": []}}
ADDRESS = "10.77.0.1"


class Istio:
    """A control plane, its proxies, and what stands around them."""

    def __init__(self, home: pathlib.Path, place: pathlib.Path, kubeconfig: str) -> None:
        self.home, self.place, self.kubeconfig = home, place, kubeconfig
        self.module = pathlib.Path((home / "istio.dir").read_text().strip())
        self.around = surroundings.Surroundings(place)
        self.discovery, self.web, self.monitoring, self.secure, self.unused = demo.free_ports(5)
        self.pods = pods.Pods(home, place, kubeconfig, self.kubectl)
        self.runs = 0

    def kubectl(self, *words: str, objects: list[dict] | None = None) -> str:
        """What it prints."""
        command = [self.home / "bin/kubectl", "--kubeconfig", self.kubeconfig, "--cache-dir", self.place / "cache", *words]
        done = subprocess.run(command, input=written(objects) if objects else None, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Starts what stands around, and the control plane."""
        self.around.start()
        self.kubectl("create", "namespace", "istio-system")
        mesh = self.place / "mesh.yaml"
        mesh.write_text(written([MESH]))
        self.pods.install()
        process = self.around.spawn("istiod", [
            self.home / "bin/pilot-discovery", "discovery", "--kubeconfig", self.kubeconfig, "--meshConfig", mesh,
            "--httpAddr", f"127.0.0.1:{self.web}", "--grpcAddr", f"127.0.0.1:{self.discovery}", "--httpsAddr", "",
            "--secureGRPCAddr", "", "--monitoringAddr", f"127.0.0.1:{self.monitoring}", "--ctrlz_port", "0", "--log_target", "stderr",
        ], env=os.environ | CONTROL, cwd=self.place)
        demo.wait_until_ready(process, self.web, "/ready", "Istio's control plane")

    def proxy(self, kind: str, role: str, port: int, apply) -> tuple[through.Proxy, subprocess.Popen]:
        """Starts Istio's agent with an Envoy of this kind (gateway or sidecar)."""
        self.runs += 1
        name = f"{kind}-{self.runs}"
        directory = self.place / name
        certificates = directory / "etc/certs"
        certificates.mkdir(parents=True)
        for target, source in (("cert-chain", "api.crt"), ("key", "api.key"), ("root-cert", "ca.crt")):
            (certificates / f"{target}.pem").symlink_to(self.place / source)
        self.around.wrapper(directory / "envoy")
        admin, status, health, metrics = demo.free_ports(4)
        settings = {
            "discoveryAddress": f"127.0.0.1:{self.discovery}", "controlPlaneAuthPolicy": "NONE", "binaryPath": str(directory / "envoy"),
            "configPath": "./etc/istio/proxy", "proxyAdminPort": admin, "statusPort": status, "concurrency": 2,
            "terminationDrainDuration": "1s", "interceptionMode": "NONE",
            # What the head of the manifests asks for.
            "gatewayTopology": {"numTrustedProxies": 1},
        }
        environment = os.environ | self.pods.environment(kind, directory) | {
            "PROXY_CONFIG": json.dumps(settings), "ISTIO_METAJSON_LABELS": json.dumps(LABELS[kind]), "POD_NAME": name,
            "POD_NAMESPACE": SPACE, "INSTANCE_IP": ADDRESS, "FILE_MOUNTED_CERTS": "true", "ISTIO_META_INTERCEPTION_MODE": "NONE",
            # No listener of its own for port 443, for applications that nobody intercepts.
            "ISTIO_META_UNPRIVILEGED_POD": "true",
            "ISTIO_BOOTSTRAP": str(self.module / "tools/packaging/common/envoy_bootstrap.json"),
            "WASM_INSECURE_REGISTRIES": f"127.0.0.1:{self.around.registry}", "ENVOY_STATUS_PORT": str(health),
            "ENVOY_PROMETHEUS_PORT": str(metrics), "CA_PROVIDER": "none",
        }
        process = self.around.spawn(name, [
            self.home / "bin/pilot-agent", "proxy", role, "--domain", f"{SPACE}.svc.cluster.local", "--proxyLogLevel", "warning",
            "--proxyComponentLogLevel", "wasm:info", "--log_target", "stderr",
        ], env=environment, cwd=directory)
        proxy = through.Proxy(name, port, self.place / f"{name}.out", self.place / f"{name}.log", apply)
        proxy.admin, proxy.metrics = admin, status
        return proxy, process


def adapted(objects: list[dict], around: surroundings.Surroundings) -> list[dict]:
    """Our manifests with the image, the API and its authority of this run; all else stays."""
    objects = copy.deepcopy(objects)
    for each in objects:
        spec = each.get("spec", {})
        match each["kind"]:
            case "WasmPlugin":
                spec["url"] = f"oci://{around.image}"
            case "TrafficExtension":
                spec["wasm"]["url"] = f"oci://{around.image}"
            case "EnvoyFilter" if each["metadata"]["name"] == "palisade":
                config = spec["configPatches"][0]["patch"]["value"]["typed_config"]["config"]
                config["vm_config"]["code"]["remote"]["http_uri"]["uri"] = f"oci://{around.image}"
            case "ServiceEntry":
                spec |= {"resolution": "STATIC", "endpoints": [{"address": "127.0.0.1", "ports": {"https": around.api}}]}
            case "DestinationRule":
                spec["trafficPolicy"]["tls"]["caCertificates"] = str(around.authority)
    return objects


def with_policy(objects: list[dict], policy: dict) -> list[dict]:
    """The manifests with this policy in place of theirs."""
    objects = copy.deepcopy(objects)
    for each in objects:
        spec = each.get("spec", {})
        match each["kind"]:
            case "WasmPlugin":
                spec["pluginConfig"] = policy
            case "TrafficExtension":
                spec["wasm"]["pluginConfig"] = policy
            case "EnvoyFilter" if each["metadata"]["name"] == "palisade":
                spec["configPatches"][0]["patch"]["value"]["typed_config"]["config"]["configuration"]["value"] = policy
    return objects


def rendered() -> list[dict]:
    """envoy/kubernetes/istio.yaml as `palisade render` writes it for Istio 1.30, with a TrafficExtension."""
    policy = manifests("istio.yaml")[0]["spec"]["pluginConfig"]
    # As it is written outside of Istio, by which `render` knows that the API's objects are wanted.
    policy["intelligence"]["cluster"] = "ipasis"
    program = os.environ.get("PALISADE") or surroundings.ROOT / "target/debug/palisade"
    command = [program, "render", "-", "--for", "trafficextension"]
    done = subprocess.run(command, input=written([policy]), text=True, check=True, capture_output=True)
    return surroundings.documents(done.stdout)


def at_sidecar(objects: list[dict]) -> list[dict]:
    """Manifests for a gateway, at a workload instead."""
    objects = copy.deepcopy(objects)
    for each in objects:
        spec = each.get("spec", {})
        if spec.pop("targetRefs", None):
            key, value = ("workloadSelector", {"labels": LABELS["sidecar"]}) if each["kind"] == "EnvoyFilter" else (
                "selector", {"matchLabels": LABELS["sidecar"]})
            spec[key] = value
        for patch in spec.get("configPatches", []):
            patch["match"]["context"] = "SIDECAR_INBOUND"
    return objects


def named(api: str, kind: str, name: str, spec: dict) -> dict:
    """An object of Istio's."""
    return {"apiVersion": f"{api}.istio.io/v1", "kind": kind, "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


def routes(kind: str, port: int, istio: Istio) -> list[dict]:
    """What leads from the proxy to the application."""
    application = istio.around.application
    if kind == "sidecar":
        labels = {"labels": LABELS["sidecar"]}
        listen = {"number": port, "protocol": "HTTP", "name": "http"}
        ingress = [{"port": listen, "bind": "127.0.0.1", "captureMode": "NONE", "defaultEndpoint": f"127.0.0.1:{application}"}]
        return [
            named("networking", "WorkloadEntry", "login", {"address": ADDRESS, **labels}),
            named("networking", "ServiceEntry", "login", {
                "hosts": ["login.example.com"], "location": "MESH_INTERNAL", "resolution": "STATIC", "ports": [listen],
                "workloadSelector": labels}),
            named("networking", "Sidecar", "login", {
                "workloadSelector": labels, "ingress": ingress, "egress": [{"hosts": [f"./{surroundings.API}"]}]}),
            named("security", "PeerAuthentication", "login", {
                "selector": {"matchLabels": LABELS["sidecar"]}, "mtls": {"mode": "DISABLE"}}),
        ]
    # Of the Gateway API, whose pod Istio makes; it listens elsewhere.
    parameters = {"group": "", "kind": "ConfigMap", "name": "palisade-gateway"}
    gateway = {"gatewayClassName": "istio", "infrastructure": {"parametersRef": parameters},
               "listeners": [{"name": "http", "port": istio.unused, "protocol": "HTTP"}]}
    certificate = {"mode": "SIMPLE", "serverCertificate": f"{istio.place}/api.crt", "privateKey": f"{istio.place}/api.key"}
    return [
        named("networking", "Gateway", "gateway", gateway) | {"apiVersion": "gateway.networking.k8s.io/v1"},
        named("networking", "Gateway", "gateway", {"selector": {"istio": "ingress"}, "servers": [
            {"port": {"number": port, "name": "http", "protocol": "HTTP"}, "bind": "127.0.0.1", "hosts": ["*"]},
            {"port": {"number": istio.secure, "name": "https", "protocol": "HTTPS"}, "bind": "127.0.0.1", "hosts": ["*"],
             "tls": certificate}]}),
        named("networking", "ServiceEntry", "application", {
            "hosts": ["application.example.com"], "location": "MESH_EXTERNAL", "resolution": "STATIC",
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
            "endpoints": [{"address": "127.0.0.1", "ports": {"http": application}}]}),
        named("networking", "VirtualService", "application", {
            "hosts": ["*"], "gateways": ["gateway"],
            "http": [{"route": [{"destination": {"host": "application.example.com", "port": {"number": 80}}}]}]}),
    ]


WAYS = {
    "WasmPlugin": ("gateway", "router", lambda: manifests("istio.yaml")),
    "TrafficExtension": ("gateway", "router", rendered),
    "EnvoyFilter": ("gateway", "router", lambda: manifests("istio-envoyfilter.yaml")),
    "sidecar": ("sidecar", "sidecar", lambda: at_sidecar(rendered())),
}


def run(istio: Istio, way: str) -> None:
    """Applies our manifests of this way, and lets everything come true through a proxy of its own."""
    kind, role, ours = WAYS[way]
    port = demo.free_ports(1)[0]
    objects = adapted(ours(), istio.around)
    around = routes(kind, port, istio)
    policy = surroundings.demo_policy(CLUSTER)
    istio.kubectl("apply", "-f", "-", objects=around + objects)

    def apply(new: dict) -> None:
        istio.kubectl("apply", "-f", "-", objects=with_policy(objects, new))

    proxy, process = istio.proxy(kind, role, port, apply)
    proxy.serves()
    through.watches(proxy)
    print(f"ok  Istio, {way}: {through.verdicts(proxy, policy)}", flush=True)
    control = through.Log(istio.place / "istiod.log")
    print(f"ok  Istio, {way}: {through.change(proxy, policy)}", flush=True)
    said = next((line for line in control.read_text().splitlines() if "ECDS: ACK ERROR" in line), None)
    if said is None:
        raise RuntimeError(f"{way}: the control plane does not tell that the broken policy was refused")
    print(f"    and in that of the control plane:\n    {said.strip()[:300]}", flush=True)
    print(f"ok  Istio, {way}: {through.mistrusts(proxy, istio.around)}", flush=True)
    if way == "EnvoyFilter":
        around += manifests("ja4-istio.yaml")
        istio.kubectl("apply", "-f", "-", objects=around)
        apply(through.fingerprinted(policy, {}))
        print(f"ok  Istio, {way}: {through.fingerprint(proxy, istio.secure)}", flush=True)
    print(f"ok  Istio, {way}: {through.labelled(proxy)}", flush=True)
    # As the alert PalisadeConfigurationRejected has it.
    through.counts(proxy, r"envoy_extension_config_discovery_http_filter_.*palisade.*_update_rejected\{\} 1")
    istio.kubectl("delete", "-f", "-", objects=around + objects)
    istio.around.stop(process)


def main() -> int:
    """The exit status."""
    home, place, kubeconfig, *ways = sys.argv[1:]
    istio = Istio(pathlib.Path(home), pathlib.Path(place), kubeconfig)
    pathlib.Path("/var/lib/istio/data").mkdir(parents=True, exist_ok=True)
    try:
        istio.start()
        for way in ways or WAYS:
            run(istio, way)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        for log in sorted(istio.place.glob("*.log")):
            print(f"--- {log.name} ---", *log.read_text(errors="replace").splitlines()[-25:], sep="\n", file=sys.stderr)
        print(f"istio: {error}", file=sys.stderr)
        return 1
    finally:
        istio.around.end()
    return 0


if __name__ == "__main__":
    # So that everything is stopped whatever ends this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
