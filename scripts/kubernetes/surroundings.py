"""What stands around a proxy that a control plane runs: the API's stand-in by TLS, the application, a registry.

The stand-in and the application are those of envoy/demo.yaml, in an Envoy of their own.
"""

import http.server
import os
import pathlib
import subprocess
import sys
import threading
import time

try:
    import yaml
except ImportError:
    sys.exit(f"{sys.executable} has no YAML; install it: apt-get install python3-yaml, or pip install pyyaml")

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "scripts"))
import demo  # noqa: E402

API = "api.ipasis.com"
VERSION = "0.0.0"
# What the manifests read from Secrets, by the environment of the proxy.
KEYS = {"IPASIS_API_KEY": "the-stand-in-takes-any-key", "PALISADE_KEY": demo.SIGNING_KEY}
WRAPPER = """\
#!/bin/sh
# Envoy as a control plane calls it, which writes its access log at once.
set -- "$@" END
while [ "$1" != END ]; do
    case $1 in --file-flush-interval-msec) shift ;; *) set -- "$@" "$1" ;; esac
    shift
done
shift
# Before the others, of which `--` may be one.
exec {envoy} --file-flush-interval-msec 20 "$@"
"""


def documents(text: str) -> list[dict]:
    """The objects of a file of manifests."""
    return [each for each in yaml.safe_load_all(text) if each]


def manifests(name: str) -> list[dict]:
    """Ours, by the name of their file."""
    return documents((ROOT / "envoy/kubernetes" / name).read_text())


def written(objects: list[dict]) -> str:
    """A file of manifests."""
    return yaml.safe_dump_all(objects, sort_keys=False)


def demo_policy(cluster: str) -> dict:
    """The policy of the demo, which asks the API by this cluster. A busy machine may take longer than half a second."""
    config = yaml.safe_load((ROOT / "envoy/demo.yaml").read_text())
    manager = config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    policy = manager["http_filters"][0]["typed_config"]["config"]["configuration"]["value"]
    policy["intelligence"] |= {"cluster": cluster, "timeout": "2s"}
    return policy


def tls(context: str, **common: object) -> dict:
    """A transport socket."""
    kind = f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{context}"
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": kind, "common_tls_context": common}}


class Files(http.server.SimpleHTTPRequestHandler):
    """What was built, for who fetches the filter from the web."""

    def __init__(self, *words: object) -> None:
        super().__init__(*words, directory=str(ROOT / "target"))

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Surroundings:
    """All of it, which ends with it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.processes: list[subprocess.Popen] = []
        self.envoy = os.environ.get("ENVOY") or subprocess.check_output([ROOT / "scripts/envoy.sh"], text=True).strip()
        self.stand_in, self.application, self.admin, self.api, self.registry, self.files = demo.free_ports(6)
        self.authority = directory / "ca.crt"
        self.image = f"127.0.0.1:{self.registry}/palisade:{VERSION}"
        self.web = f"http://127.0.0.1:{self.files}/palisade.wasm"

    def start(self) -> None:
        """Starts all; returns when it serves."""
        self.certify()
        envoy = self.spawn("upstream", [self.envoy, "--log-level", "warning", "--disable-hot-restart", "--concurrency", "1",
                                        "-c", self.upstream()])
        demo.wait_until_ready(envoy, self.admin)
        self.push()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.files), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def spawn(self, name: str, command: list, **more: object) -> subprocess.Popen:
        """A process that writes NAME.out and NAME.log."""
        with open(self.directory / f"{name}.out", "ab") as out, open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=log, **more)
        self.processes.append(process)
        return process

    def stop(self, process: subprocess.Popen) -> None:
        """Ends one of them, and those that it started."""
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.processes.remove(process)

    def end(self) -> None:
        """Ends all, the last first."""
        for process in reversed(list(self.processes)):
            self.stop(process)

    def openssl(self, *words: object) -> None:
        """Runs it."""
        subprocess.run(["openssl", *map(str, words)], cwd=self.directory, check=True, capture_output=True)

    def certify(self) -> None:
        """An authority of this run, and a certificate of it for the API."""
        short = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        self.openssl("req", "-x509", *short, "-subj", "/CN=authority of a test", "-keyout", "ca.key", "-out", "ca.crt")
        (self.directory / "api.ext").write_text(f"subjectAltName=DNS:{API}\n")
        self.openssl("req", *short[:-2], "-subj", f"/CN={API}", "-keyout", "api.key", "-out", "api.csr")
        self.openssl("x509", "-req", "-in", "api.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-extfile", "api.ext", "-out", "api.crt")

    def upstream(self) -> pathlib.Path:
        """The configuration of the stand-in, by TLS as well, and of the application."""
        ports = dict(zip(demo.PORTS, [0, self.stand_in, self.application, self.admin]))
        config = yaml.safe_load((ROOT / "envoy/demo.yaml").read_text())
        config["static_resources"]["listeners"].pop(0)
        certificate = {"certificate_chain": {"filename": str(self.directory / "api.crt")},
                       "private_key": {"filename": str(self.directory / "api.key")}}
        proxy = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                 "stat_prefix": "api-tls", "cluster": "ipasis"}
        config["static_resources"]["listeners"].append({
            "name": "api-tls",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": self.api}},
            "filter_chains": [{
                "transport_socket": tls("DownstreamTlsContext", tls_certificates=[certificate]),
                "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}],
            }],
        })
        text = yaml.safe_dump(config)
        for printed, own in ports.items():
            text = text.replace(f"port_value: {printed}\n", f"port_value: {own}\n")
        path = self.directory / "upstream.yaml"
        path.write_text(text)
        return path

    def push(self) -> None:
        """Starts Debian's registry, and pushes the image of this tree."""
        archive = self.directory / "image.tar"
        subprocess.run([sys.executable, ROOT / "scripts/oci.py", ROOT / "target/palisade.wasm", VERSION, "test", archive], check=True)
        settings = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(self.directory / "registry")}},
                    "http": {"addr": f"127.0.0.1:{self.registry}"}}
        (self.directory / "registry.yaml").write_text(yaml.safe_dump(settings))
        self.spawn("registry", ["docker-registry", "serve", self.directory / "registry.yaml"])
        command = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", f"oci-archive:{archive}", f"docker://{self.image}"]
        deadline = time.monotonic() + demo.PATIENCE
        while subprocess.run(command, capture_output=True).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError("the registry takes no image")
            time.sleep(0.2)

    def wrapper(self, path: pathlib.Path) -> None:
        """An Envoy at this path for a control plane."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WRAPPER.format(envoy=self.envoy))
        path.chmod(0o755)
