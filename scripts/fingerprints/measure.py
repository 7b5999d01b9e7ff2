"""Measures JA4: an Envoy that writes down each ClientHello, and one client after another that says hello to it.

No client need trust the certificate: what it says first is all that is looked at. Called by scripts/fingerprints.sh,
with ENVOY and CERTIFICATE (a folder) in the environment.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "fingerprints"
VECTORS = ROOT / "tests" / "vectors" / "ja4.json"
PATIENCE = 30


class Missing(Exception):
    """This machine has not what the client needs."""


def program(name):
    found = shutil.which(name)
    if not found:
        raise Missing(f"{name} is missing")
    return found


def run(*arguments, folder=None, **more):
    """Runs a command that prepares a client."""
    environment = dict(os.environ, **more)
    subprocess.run(arguments, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def python(package):
    """Python with a package in a virtual environment of its own."""
    home = CACHE / "python"
    if not (home / "bin" / "pip").exists():
        run(sys.executable, "-m", "venv", str(home))
    run(str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", package)
    return str(home / "bin" / "python")


def node(package):
    """Node with a package, as the folder in which it is run."""
    program("node")
    home = CACHE / "node"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "package.json").exists():
        (home / "package.json").write_text('{ "private": true, "type": "module" }')
    run(program("npm"), "install", "--silent", package, folder=home)
    return home


def inline_python(package, code):
    return lambda url: ([python(package) if package else program("python3"), "-W", "ignore", "-c", code.replace("URL", url)], None)


def inline_node(package, code):
    def command(url):
        folder = node(package) if package else None
        return [program("node"), "--input-type=module", "-e", code.replace("URL", url)], folder

    return command


def go(url):
    binary = CACHE / "go"
    CACHE.mkdir(parents=True, exist_ok=True)
    run(program("go"), "build", "-o", str(binary), ".", folder=HERE / "go")
    return [str(binary), url], None


def rust(client):
    def command(url):
        target = CACHE / "rust"
        run(program("cargo"), "build", "--quiet", "--locked", folder=HERE / "rust", CARGO_TARGET_DIR=str(target))
        return [str(target / "debug" / "clients"), client, url], None

    return command


def java(name, statement):
    """Java that runs one statement with its first argument, the URL."""

    def command(url):
        source = CACHE / f"{name}.java"
        CACHE.mkdir(parents=True, exist_ok=True)
        source.write_text(
            "import java.net.URI; import java.net.http.*;\n"
            f"class {name} {{ public static void main(String[] urls) throws Exception {{ {statement} }} }}\n"
        )
        return [program("java"), str(source), url], None

    return command


def chromium(url):
    profile = tempfile.mkdtemp(prefix="palisade-")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
    return [program("chromium"), *arguments, url], None


def firefox(url):
    profile = tempfile.mkdtemp(prefix="palisade-")
    picture = str(pathlib.Path(profile) / "page.png")
    return [program("firefox-esr"), "--headless", "--profile", profile, f"--screenshot={picture}", url], None


def simple(name, *arguments):
    return lambda url: ([program(name), *(argument.replace("URL", url) for argument in arguments)], None)


JAVA_CLIENT = (
    "HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(urls[0])).build(), "
    "HttpResponse.BodyHandlers.discarding());"
)
JAVA_CONNECTION = "URI.create(urls[0]).toURL().openStream().close();"

# Name, what it is, how it is told its version, and how it says hello.
CLIENTS = [
    ("chromium", "browser", ["chromium", "--version"], chromium),
    ("firefox", "browser", ["firefox-esr", "--version"], firefox),
    ("curl", "library", ["curl", "--version"], simple("curl", "-s", "URL")),
    ("wget", "library", ["wget", "--version"], simple("wget", "-q", "-O-", "URL")),
    ("openssl", "library", ["openssl", "version"], simple("openssl", "s_client", "-connect", "HOST")),
    ("python urllib", "library", ["python3", "--version"], inline_python(None, "import urllib.request as r; r.urlopen('URL')")),
    ("python requests", "library", ["python3", "--version"], inline_python("requests", "import requests; requests.get('URL')")),
    ("python httpx", "library", ["python3", "--version"], inline_python("httpx[http2]", "import httpx; httpx.Client(http2=True).get('URL')")),
    (
        "python aiohttp",
        "library",
        ["python3", "--version"],
        inline_python(
            "aiohttp",
            "import aiohttp, asyncio\nasync def go():\n async with aiohttp.ClientSession() as s: await s.get('URL')\nasyncio.run(go())",
        ),
    ),
    ("node fetch", "library", ["node", "--version"], inline_node(None, "await fetch('URL')")),
    ("node https", "library", ["node", "--version"], inline_node(None, "import('node:https').then(h => h.get('URL'))")),
    ("node axios", "library", ["node", "--version"], inline_node("axios", "(await import('axios')).default.get('URL')")),
    ("node got", "library", ["node", "--version"], inline_node("got", "(await import('got')).default('URL', { retry: { limit: 0 } })")),
    ("go net/http", "library", ["go", "version"], go),
    ("rust rustls", "library", ["rustc", "--version"], rust("rustls")),
    ("rust native-tls", "library", ["rustc", "--version"], rust("native-tls")),
    ("java HttpClient", "library", ["java", "--version"], java("Hello", JAVA_CLIENT)),
    ("java URLConnection", "library", ["java", "--version"], java("Connection", JAVA_CONNECTION)),
    ("ruby net/http", "library", ["ruby", "--version"], simple("ruby", "-rnet/http", "-e", "Net::HTTP.get(URI('URL'))")),
    ("php streams", "library", ["php", "--version"], simple("php", "-r", "@file_get_contents('URL');")),
    ("perl IO::Socket::SSL", "library", ["perl", "-e", "print $^V"], simple("perl", "-MIO::Socket::SSL", "-e", "IO::Socket::SSL->new('HOST')")),
]


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def bootstrap(port, log, certificate):
    extension = "type.googleapis.com/envoy.extensions"
    file = lambda name: {"filename": str(pathlib.Path(certificate) / name)}
    return {
        "static_resources": {
            "listeners": [
                {
                    "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                    "listener_filters": [
                        {
                            "name": "envoy.filters.listener.tls_inspector",
                            "typed_config": {
                                "@type": f"{extension}.filters.listener.tls_inspector.v3.TlsInspector",
                                "enable_ja4_fingerprinting": True,
                            },
                        }
                    ],
                    "access_log": [
                        {
                            "name": "file",
                            "typed_config": {
                                "@type": f"{extension}.access_loggers.file.v3.FileAccessLog",
                                "path": str(log),
                                "log_format": {"text_format_source": {"inline_string": "%TLS_JA4_FINGERPRINT%\n"}},
                            },
                        }
                    ],
                    "filter_chains": [
                        {
                            "transport_socket": {
                                "name": "tls",
                                "typed_config": {
                                    "@type": f"{extension}.transport_sockets.tls.v3.DownstreamTlsContext",
                                    "common_tls_context": {
                                        "alpn_protocols": ["h2", "http/1.1"],
                                        "tls_certificates": [
                                            {"certificate_chain": file("certificate.pem"), "private_key": file("key.pem")}
                                        ],
                                    },
                                },
                            },
                            "filters": [
                                {
                                    "name": "direct",
                                    "typed_config": {
                                        "@type": f"{extension}.filters.network.direct_response.v3.Config",
                                        "response": {"inline_string": "HTTP/1.1 204 No Content\r\n\r\n"},
                                    },
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    }


def until(what, problem):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError(problem)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def measure(client, url, log):
    """The fingerprints that one client has, of all connections that it opens."""
    arguments, folder = client(url)
    host = url.removeprefix("https://").rstrip("/")
    arguments = [argument.replace("HOST", host) for argument in arguments]
    before = log.stat().st_size
    silent = subprocess.DEVNULL
    running = subprocess.Popen(
        arguments, cwd=folder, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
    )
    try:
        running.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        # A browser may wait for somebody to read its warning; it has said hello by then.
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def said():
        lines = log.read_bytes()[before:].decode().split()
        return sorted({line for line in lines if line != "-"})

    return until(said, "it said no hello")


def version(command):
    program(command[0])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()


def main(wanted):
    known = json.loads(VECTORS.read_text()) if VECTORS.exists() else []
    measured = {entry["client"]: entry for entry in known}
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="palisade-") as folder:
        log = pathlib.Path(folder) / "hellos"
        log.touch()
        configuration = json.dumps(bootstrap(port, log, os.environ["CERTIFICATE"]))
        arguments = [os.environ["ENVOY"], "--config-yaml", configuration, "--log-level", "error", "--use-dynamic-base-id"]
        envoy = subprocess.Popen([*arguments, "--file-flush-interval-msec", "100", "--concurrency", "1"])
        try:
            until(lambda: listens(port), "Envoy does not listen")
            for name, kind, command, client in CLIENTS:
                if wanted and not any(name.startswith(word) for word in wanted):
                    continue
                try:
                    found = measure(client, f"https://localhost:{port}/", log)
                except (Missing, TimeoutError, subprocess.SubprocessError) as problem:
                    print(f"fingerprints: {name}: {problem}", file=sys.stderr)
                    continue
                measured[name] = {"client": name, "is": kind, "version": version(command), "ja4": found}
                print(f"{name:22} {' '.join(found)}")
        finally:
            envoy.terminate()
            envoy.wait()
    entries = [measured[name] for name, *_ in CLIENTS if name in measured]
    VECTORS.write_text("[\n" + ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n]\n")


main(sys.argv[1:])
