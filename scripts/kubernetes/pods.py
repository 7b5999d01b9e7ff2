"""What the pod of a proxy is like, as Istio makes it with our ConfigMaps: that of a gateway by its controller, that of a
workload by its injector. The proxies of this machine get their environment from it.
"""

import base64
import json
import pathlib
import subprocess
from collections.abc import Callable

import surroundings
import through

# Where the control plane looks for its templates, below the folder in which it runs.
TEMPLATES = "var/lib/istio/inject"
OVERRIDE = "ISTIO_BOOTSTRAP_OVERRIDE"
# A workload as docs/start/istio.md has it.
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: { name: login, namespace: istio-ingress }
spec:
  selector: { matchLabels: { app: login } }
  template:
    metadata:
      labels: { app: login }
      annotations: { sidecar.istio.io/bootstrapOverride: palisade-bootstrap }
    spec:
      containers:
        - { name: login, image: login }
        - { name: istio-proxy, image: auto, envFrom: [{ secretRef: { name: palisade } }] }
"""


class Pods:
    """Those that a control plane makes."""

    def __init__(self, home: pathlib.Path, place: pathlib.Path, kubeconfig: str, kubectl: Callable[..., str]) -> None:
        self.istioctl, self.place, self.kubeconfig, self.kubectl = home / "bin/istioctl", place, kubeconfig, kubectl

    def get(self, kind: str, name: str) -> dict:
        """An object of the cluster."""
        return json.loads(self.kubectl("-n", "istio-ingress", "get", kind, name, "-o", "json"))

    def install(self) -> None:
        """Writes the templates of an installation where the control plane finds them, and makes the Secret with the keys."""
        command = [self.istioctl, "manifest", "generate", "--set", "profile=minimal"]
        made = surroundings.documents(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        found = next(each for each in made if (each["kind"], each["metadata"]["name"]) == ("ConfigMap", "istio-sidecar-injector"))
        directory = self.place / TEMPLATES
        directory.mkdir(parents=True)
        for name in ("config", "values"):
            (directory / name).write_text(found["data"][name])
        keys = [f"--from-literal={name}={key}" for name, key in surroundings.KEYS.items()]
        self.kubectl("-n", "istio-ingress", "create", "secret", "generic", "palisade", *keys)

    def gateway(self) -> dict:
        """The pod of the Gateway."""
        def made() -> bool:
            return "gateway-istio" in self.kubectl("-n", "istio-ingress", "get", "deployments", "-o", "name")

        through.wait_for("Istio makes a Deployment of the Gateway", made)
        return self.get("deployment", "gateway-istio")["spec"]["template"]["spec"]

    def sidecar(self) -> dict:
        """The pod of the workload."""
        command = [self.istioctl, "kube-inject", "--kubeconfig", self.kubeconfig, "-f", "-",
                   "--injectConfigFile", self.place / TEMPLATES / "config", "--valuesFile", self.place / TEMPLATES / "values",
                   "--meshConfigFile", self.place / "mesh.yaml"]
        done = subprocess.run(command, input=WORKLOAD, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"istioctl kube-inject: {done.stderr}")
        return surroundings.documents(done.stdout)[0]["spec"]["template"]["spec"]

    def environment(self, kind: str, directory: pathlib.Path) -> dict[str, str]:
        """What our manifests give the proxy of this kind of pod; the file that it names lies in this folder."""
        pod = getattr(self, kind)()
        containers = [*pod["containers"], *pod.get("initContainers", [])]
        proxy = next(each for each in containers if each["name"] == "istio-proxy")
        environment = {}
        for each in proxy.get("envFrom", []):
            for name, key in self.get("secret", each["secretRef"]["name"])["data"].items():
                environment[name] = base64.b64decode(key).decode()
        # Without it, there is no label, which is found out later.
        for path in [pathlib.Path(each["value"]) for each in proxy["env"] if each["name"] == OVERRIDE]:
            mount = next(each for each in proxy["volumeMounts"] if each["mountPath"] == str(path.parent))
            volume = next(each for each in pod["volumes"] if each["name"] == mount["name"])
            file = directory / path.name
            file.write_text(self.get("configmap", volume["configMap"]["name"])["data"][path.name])
            environment[OVERRIDE] = str(file)
        return environment
