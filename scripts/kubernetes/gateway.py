#!/usr/bin/env python3
"""Envoy Gateway, standalone, runs envoy/kubernetes/envoy-gateway.yaml: with the filter from the web, and as an image.
`planes.sh` starts it.

    gateway.py HOME PLACE [NAME..]
"""

import base64
import copy
import hashlib
import os
import pathlib
import signal
import subprocess
import sys

import surroundings
import through
from surroundings import demo, manifests, written

ENVOY = "1.40.0"
SYSTEM = "envoy-gateway-system"
# Its cache of modules is found by these names, and serves by what lies in /certs. Both hold for its processes alone.
ENTRY = """\
set -eu
cat /etc/hosts >hosts
echo '127.0.0.1 envoy-gateway envoy-gateway.envoy-gateway-system.svc.cluster.local' >>hosts
mount --bind hosts /etc/hosts
mount --bind config/certs/envoy /certs
exec "$@"
"""


def settings(directory: pathlib.Path) -> dict:
    """Of Envoy Gateway itself."""
    homes = {"configHome": "config", "dataHome": "data", "stateHome": "state", "runtimeDir": "run"}
    host = {key: str(directory / value) for key, value in homes.items()}
    resource = {"type": "File", "file": {"paths": [str(directory / "resources")]}}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyGateway",
        "gateway": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
        "provider": {"type": "Custom", "custom": {"resource": resource, "infrastructure": {"type": "Host", "host": host}}},
        "logging": {"level": {"default": "info"}},
        # As the head of the manifest asks for.
        "extensionApis": {"enableEnvoyPatchPolicy": True, "enableBackend": True},
    }


def adapted(objects: list[dict], code: dict, around: surroundings.Surroundings) -> list[dict]:
    """Our manifests with the filter, the API and its authority of this run, on this machine; all else stays."""
    objects = copy.deepcopy(objects)
    for each in objects:
        spec = each["spec"]
        match each["kind"]:
            case "EnvoyExtensionPolicy":
                spec["wasm"][0]["code"] = code
            case "EnvoyProxy":
                spec["provider"] = {"type": "Host", "host": {"envoyVersion": ENVOY}}
                spec["logging"] = {"level": {"default": "warn", "wasm": "info"}}
                value = spec["bootstrap"]["value"]
                for printed, own in (
                    ("/etc/ssl/certs/ca-certificates.crt", str(around.authority)),
                    ("type: LOGICAL_DNS", "type: STATIC"),
                    ("address: api.ipasis.com, port_value: 443", f"address: 127.0.0.1, port_value: {around.api}"),
                ):
                    if printed not in value:
                        raise RuntimeError(f"envoy-gateway.yaml has no {printed}")
                    value = value.replace(printed, own)
                spec["bootstrap"]["value"] = value
    return objects


def with_policy(objects: list[dict], policy: dict) -> list[dict]:
    """The manifests with this policy in place of theirs."""
    objects = copy.deepcopy(objects)
    for each in objects:
        if each["kind"] == "EnvoyExtensionPolicy":
            each["spec"]["wasm"][0]["config"] = policy
    return objects


def named(api: str, kind: str, name: str, spec: dict, **more: object) -> dict:
    """An object in the namespace of the manifests."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec, **more}


def routes(port: int, secure: int, application: int) -> list[dict]:
    """The Gateway that our manifests target, and what leads to the application."""
    reference = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "palisade"}
    match = [{"path": {"type": "PathPrefix", "value": "/"}}]
    backend = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "application"}
    api = "gateway.networking.k8s.io/v1"
    return [
        {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "eg"},
         "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}},
        named(api, "Gateway", "gateway", {
            "gatewayClassName": "eg", "infrastructure": {"parametersRef": reference},
            "listeners": [
                {"name": "http", "protocol": "HTTP", "port": port},
                {"name": "https", "protocol": "HTTPS", "port": secure, "tls": {"certificateRefs": [{"name": "palisade-tls"}]}}]}),
        named(api, "HTTPRoute", "application", {
            "parentRefs": [{"name": "gateway"}], "rules": [{"matches": match, "backendRefs": [backend]}]}),
        named("gateway.envoyproxy.io/v1alpha1", "Backend", "application", {
            "endpoints": [{"ip": {"address": "127.0.0.1", "port": application}}]}),
    ]


def secret(name: str, space: str, files: dict[str, pathlib.Path]) -> dict:
    """A Secret with certificates."""
    data = {key: base64.b64encode(path.read_bytes()).decode() for key, path in files.items()}
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}


def codes(around: surroundings.Surroundings) -> dict[str, dict]:
    """The filter from each source that Envoy Gateway knows."""
    checksum = hashlib.sha256((surroundings.ROOT / "target/palisade.wasm").read_bytes()).hexdigest()
    return {
        "HTTP": {"type": "HTTP", "http": {"url": around.web, "sha256": checksum}},
        "image": {"type": "Image", "image": {"url": around.image}},
    }


def run(home: pathlib.Path, around: surroundings.Surroundings, source: str) -> None:
    """Starts Envoy Gateway with our manifests, and lets everything come true through it."""
    directory = around.directory / source
    resources = directory / "resources"
    resources.mkdir(parents=True)
    around.wrapper(directory / f"data/envoy-versions/{ENVOY}/bin/envoy")
    program = home / "bin/envoy-gateway"
    subprocess.run([program, "certgen", "--local", "--config-home", directory / "config"], check=True, capture_output=True)
    (directory / "gateway.yaml").write_text(written([settings(directory)]))
    (directory / "entry.sh").write_text(ENTRY)
    port, secure = demo.free_ports(2)
    objects = adapted(manifests("envoy-gateway.yaml"), codes(around)[source], around)

    def apply(more: list[dict]) -> None:
        # At once: a file that is half written would be read.
        partial = directory / "partial.yaml"
        # What lets Envoy trust Envoy Gateway's cache of modules.
        trust = {key: directory / "config/certs/envoy" / key for key in ("ca.crt", "tls.crt", "tls.key")}
        ours = {"tls.crt": around.directory / "api.crt", "tls.key": around.directory / "api.key"}
        secrets = [secret("envoy", SYSTEM, trust), secret("palisade-tls", "default", ours)]
        partial.write_text(written([*secrets, *routes(port, secure, around.application), *more]))
        partial.rename(resources / "all.yaml")

    apply(objects)
    command = ["unshare", "--mount", "sh", "entry.sh", program, "server", "--config-path", directory / "gateway.yaml"]
    process = around.spawn(source, command, env=os.environ | surroundings.KEYS, cwd=directory)
    name = f"Envoy Gateway, {source}"
    out, log = (around.directory / f"{source}.{kind}" for kind in ("out", "log"))
    policy = surroundings.demo_policy("ipasis")
    proxy = through.Proxy(name, port, out, log, lambda new: apply(with_policy(objects, new)))
    proxy.serves()
    through.watches(proxy)
    print(f"ok  {name}: {through.verdicts(proxy, policy)}", flush=True)
    print(f"ok  {name}: {through.change(proxy, policy)}", flush=True)
    proxy.admin = proxy.metrics = int(next(directory.glob("run/*/admin-address.txt")).read_text().rpartition(":")[2])
    print(f"ok  {name}: {through.mistrusts(proxy, around)}", flush=True)
    if source == "HTTP":
        fingerprints = manifests("ja4-envoy-gateway.yaml")
        replaced = {(each["kind"], each["metadata"]["name"]) for each in fingerprints}
        rest = [each for each in objects if (each["kind"], each["metadata"]["name"]) not in replaced]
        apply(with_policy(rest + fingerprints, through.fingerprinted(policy, {"header": "x-ja4"})))
        print(f"ok  {name}: {through.fingerprint(proxy, secure)}", flush=True)
    print(f"ok  {name}: {through.labelled(proxy)}", flush=True)
    through.counts(proxy, r"envoy_listener_manager_lds_update_rejected\{\} 1")
    if "Failed to process JSON patches" in out.read_text(errors="replace"):
        raise RuntimeError(f"{name}: the EnvoyPatchPolicy is not carried out, see above")
    around.stop(process)


def main() -> int:
    """The exit status."""
    home, place, *sources = sys.argv[1:]
    around = surroundings.Surroundings(pathlib.Path(place))
    certificates = pathlib.Path("/certs")
    made = not certificates.exists()
    certificates.mkdir(exist_ok=True)
    try:
        around.start()
        for source in sources or codes(around):
            run(pathlib.Path(home), around, source)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        for log in sorted(around.directory.glob("*.log")):
            print(f"--- {log.name} ---", *log.read_text(errors="replace").splitlines()[-25:], sep="\n", file=sys.stderr)
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    finally:
        around.end()
        if made:
            certificates.rmdir()
    return 0


if __name__ == "__main__":
    # So that everything is stopped whatever ends this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
