"""What stands around a proxy that a control plane runs: the API's stand-in by TLS, the application, a registry.

The stand-in and the application are those of envoy/demo.yaml, in an Envoy of their own; a second one speaks TLS.
"""

import http.server
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

try:
    import yaml
except ImportError:
    sys.exit(f"{sys.executable} has no YAML; install it: apt-get install python3-yaml, or pip install pyyaml")

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "scripts"))
import demo  # noqa: E402

API = "api.ipasis.com"
VERSION = "0.0.0"
# What the API can show: its certificate, one for its name of an authority that nobody knows, and one for another name.
OWN, UNKNOWN_AUTHORITY, OTHER_NAME = "api", "unknown-authority", "other-name"
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


def counted(admin: int, metrics: str) -> int:
    """The sum of the counters of an Envoy whose names this regular expression finds."""
    lines = demo.get(admin, f"/stats?filter={urllib.parse.quote(metrics)}")[1].splitlines()
    return sum(int(line.rpartition(" ")[2]) for line in lines if line)


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
        self.stand_in, self.application, self.admin, self.api, self.api_admin, self.registry, self.files = demo.free_ports(7)
        self.terminator: subprocess.Popen | None = None
        self.authority = directory / "ca.crt"
        self.image = f"127.0.0.1:{self.registry}/palisade:{VERSION}"
        self.web = f"http://127.0.0.1:{self.files}/palisade.wasm"

    def start(self) -> None:
        """Starts all; returns when it serves."""
        self.certify()
        envoy = self.spawn("upstream", [self.envoy, "--log-level", "warning", "--disable-hot-restart", "--concurrency", "1",
                                        "-c", self.upstream()])
        demo.wait_until_ready(envoy, self.admin)
        self.show(OWN)
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
        """An authority of this run, another one, and the certificates that the API can show."""
        short = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        for authority in ("ca", "stranger"):
            self.openssl("req", "-x509", *short, "-days", "2", "-subj", f"/CN={authority} of a test",
                         "-keyout", f"{authority}.key", "-out", f"{authority}.crt")
        for name, host, authority in ((OWN, API, "ca"), (UNKNOWN_AUTHORITY, API, "stranger"),
                                      (OTHER_NAME, "api.example.com", "ca")):
            (self.directory / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
            self.openssl("req", *short, "-subj", f"/CN={host}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
                         "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt")

    def upstream(self) -> pathlib.Path:
        """The configuration of the stand-in and of the application."""
        ports = dict(zip(demo.PORTS, [0, self.stand_in, self.application, self.admin]))
        config = yaml.safe_load((ROOT / "envoy/demo.yaml").read_text())
        config["static_resources"]["listeners"].pop(0)
        text = yaml.safe_dump(config)
        for printed, own in ports.items():
            text = text.replace(f"port_value: {printed}\n", f"port_value: {own}\n")
        path = self.directory / "upstream.yaml"
        path.write_text(text)
        return path

    def show(self, certificate: str) -> None:
        """Lets the API speak TLS with this certificate, from now on: connections of before are gone."""
        if self.terminator:
            self.stop(self.terminator)
        address = {"socket_address": {"address": "127.0.0.1", "port_value": self.api}}
        files = {"certificate_chain": {"filename": f"{self.directory}/{certificate}.crt"},
                 "private_key": {"filename": f"{self.directory}/{certificate}.key"}}
        proxy = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                 "stat_prefix": "api", "cluster": "stand-in"}
        stand_in = {"socket_address": {"address": "127.0.0.1", "port_value": self.stand_in}}
        config = {
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": self.api_admin}}},
            "static_resources": {
                "listeners": [{"name": "api", "stat_prefix": "api", "address": address, "filter_chains": [{
                    "transport_socket": tls("DownstreamTlsContext", tls_certificates=[files]),
                    "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}]}],
                "clusters": [{"name": "stand-in", "type": "STATIC", "load_assignment": {
                    "cluster_name": "stand-in", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": stand_in}}]}]}}],
            },
        }
        path = self.directory / "terminator.yaml"
        path.write_text(yaml.safe_dump(config))
        self.terminator = self.spawn("terminator", [
            self.envoy, "--log-level", "warning", "--disable-hot-restart", "--concurrency", "1", "-c", path])
        demo.wait_until_ready(self.terminator, self.api_admin)

    def asked(self) -> int:
        """How many requests the API has had."""
        return counted(self.admin, r"http\.api\.downstream_rq_total")

    def hung_up_on(self) -> int:
        """How many clients did not like the certificate that the API shows."""
        return counted(self.api_admin, r"listener\.api\.ssl\.connection_error")

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
