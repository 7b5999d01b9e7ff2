#!/usr/bin/env python3
"""Runs the demo by itself: starts Envoy with envoy/demo.yaml on free ports, sends the requests, checks every verdict.

`--curl` only prints the requests as curl lines for the fixed ports of `make run`, with what becomes of each. `--lines`
runs these lines instead, in a shell and in their order.
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "recipes/unlock"))
from unlock import unlock_token  # noqa: E402

LISTENER, STAND_IN, APPLICATION, ADMIN = PORTS = 10000, 10001, 10002, 9901
PATIENCE = 120.0
BODY = "user=ada&password=lovelace"
WRONG = "user=ada&password=qwerty"
NOBODY = "password=lovelace"
SPRAY = "user=user{}&password=summer"
CODE = "user=ada&code=000000"
GRACE = "user=grace&password=lovelace"
SIGNING_KEY = re.search(r"PALISADE_KEY: (\S+)", (ROOT / "envoy/demo.yaml").read_text())[1]
# What the application would mail to ada.
TOKEN = unlock_token(SIGNING_KEY, b"ada", int(time.time()) + 3600, secrets.token_urlsafe(16))


class Case(NamedTuple):
    """A request, and what must become of it: of the last one, where it is sent several times."""

    method: str
    path: str
    client: str
    what: str
    verdict: str
    status: int
    body: str = BODY
    times: int = 1
    jar: str = ""  # whose cookies come along, and are kept
    page: bool = False  # asks for HTML, as browsers do
    solves: bool = False  # brings the solution of the last challenge
    session: str = ""  # of the application's cookie
    soon: bool = False  # not at once: it is sent again until it becomes of it what must

    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?token={TOKEN}" if self.path == "/unlock" else self.path


# Order matters at the end only: what breaks the API comes last, since Palisade then stops asking for a while.
CASES = [
    Case("GET", "/", "11.0.0.4", "a Tor exit, on a path that is not protected", "-", 200),
    Case("POST", "/login", "11.0.0.1", "a home connection", "allow", 200, jar="ada"),
    Case("POST", "/login", "11.0.0.2", "a commercial VPN", "challenge", 403),
    Case("POST", "/login", "11.0.0.2", "the same, with the challenge solved", "allow", 200, jar="program", solves=True),
    Case("POST", "/login", "11.0.0.2", "the same solution once more", "challenge", 403, solves=True),
    Case("POST", "/login", "11.0.0.2", "its clearance: it is not asked again", "allow", 200, jar="program"),
    Case("POST", "/login", "11.0.0.2", "a browser there gets the page", "challenge", 403, page=True),
    Case("POST", "/login", "2600:db00::7", "a VPN over IPv6", "challenge", 403),
    Case("POST", "/login", "11.0.0.3", "a public proxy", "challenge", 403),
    Case("POST", "/login", "11.0.0.12", "a privacy relay of a platform vendor", "challenge", 403),
    Case("POST", "/login", "11.0.0.13", "a company's way out, in a datacenter", "challenge", 403),
    Case("POST", "/login", "11.0.0.4", "a Tor exit", "deny", 403),
    Case("POST", "/%6Cogin/;x=1", "11.0.0.4", "a Tor exit, the path written differently", "deny", 403),
    Case("POST", "/login", "11.0.0.5", "a datacenter", "deny", 403),
    Case("POST", "/login", "11.0.0.6", "a known source of abuse", "deny", 403),
    Case("POST", "/login", "11.0.0.7", "a mobile carrier", "allow", 200),
    Case("POST", "/login", "11.0.0.8", "a crawler", "allow", 200),
    Case("POST", "/login", "11.0.0.9", "a residential proxy", "challenge", 403),
    Case("POST", "/login", "11.0.0.10", "servers of a partner, on the list of ASNs", "step_up", 200),
    Case("POST", "/login", "11.0.0.11", "a business VPN, on the list of ASNs", "step_up", 200),
    Case("POST", "/login", "11.1.0.2", "our own office, on the list of networks", "allow", 200),
    Case("POST", "/login", "10.0.0.5", "a private address, never looked up", "allow", 200),
    Case("GET", "/admin", "11.0.0.1", "a home connection", "allow", 200),
    Case("POST", "/login", "11.2.1.1", "a wrong password for ada", "allow", 401, WRONG),
    Case("POST", "/login", "11.2.2.1", "another one, from another network", "allow", 401, WRONG),
    Case("POST", "/login", "11.2.3.1", "a third one", "allow", 401, WRONG),
    Case("POST", "/login", "11.2.4.1", "a fourth one is too many for her account", "limit", 429, WRONG),
    Case("POST", "/login", "11.2.5.1", "ada with a new phone, locked out as well", "limit", 429),
    Case("POST", "/login", "11.0.0.1", "ada with her browser of before: its cookie", "allow", 200, jar="ada"),
    Case("GET", "/unlock", "11.2.5.1", "ada follows the link in her mail", "-", 303),
    Case("POST", "/login", "11.2.5.1", "her new phone gets in", "allow", 200),
    Case("GET", "/unlock", "11.2.9.1", "somebody follows the link again", "-", 303),
    Case("POST", "/login", "11.2.6.1", "a login that names no account", "deny", 400, NOBODY),
    Case("POST", "/login", "11.3.0.1", "one network tries 12 accounts", "challenge", 403, SPRAY, times=12),
    Case("POST", "/login", "11.4.0.1", "21 logins from one network in a minute", "limit", 429, times=21),
    Case("POST", "/login", "11.9.0.11", "from a VPN, half as many are too many", "limit", 429, times=11),
    Case("POST", "/login/code", "11.5.0.1", "a fourth guess at a two-factor code", "limit", 429, CODE, times=4),
    Case("GET", "/account", "11.6.0.4", "a session over Tor: nobody waits", "allow", 200, session="stolen"),
    Case("GET", "/account", "11.0.0.1", "the session a moment later, from elsewhere", "deny", 403, session="stolen", soon=True),
    Case("GET", "/account", "11.0.0.1", "another session there", "allow", 200, session="ours"),
    Case("POST", "/login", "11.7.0.1", "grace logs in at home in Berlin", "allow", 200, GRACE),
    Case("POST", "/login", "11.8.0.1", "and, a second later, in Sydney", "step_up", 200, GRACE),
    Case("POST", "/login", "11.0.0.50", "unknown: the API fails (500)", "allow", 200),
    Case("GET", "/admin", "11.0.0.50", "unknown: the API fails (500)", "deny", 403),
    Case("POST", "/login", "11.0.0.42", "unknown: the quota is used up (429)", "allow", 200),
]


def curl(case: Case) -> str:
    """The request as a line to paste into a shell."""
    body = "" if case.method == "GET" else f"-d '{case.body.format('$n')}' "
    body = body.replace("'", '"') if "$n" in body else body
    jar = f"-b /tmp/palisade-demo-{case.jar} -c /tmp/palisade-demo-{case.jar} " if case.jar else ""
    jar += f"-b sid={case.session} " if case.session else ""
    html = "-H 'Accept: text/html' " if case.page else ""
    url = shlex.quote(f"http://127.0.0.1:{LISTENER}{case.target()}")
    line = f"curl -si {jar}{html}{body}-H 'X-Forwarded-For: {case.client}' {url}"
    return line if case.times == 1 else f"for n in $(seq {case.times}); do {line}; done"


def lines() -> list[Case]:
    """The cases that are printed: what solves a challenge is no line of shell."""
    return [case for case in CASES if not case.solves and case.jar != "program"]


def told(case: Case) -> str:
    """What is printed below a line: whose request it is, and what becomes of it."""
    verdict = "" if case.verdict == "-" else f"{case.verdict}, "
    return f"{case.what}: {'the last is ' if case.times > 1 else ''}{verdict}{case.status}"


def free_ports(count: int) -> list[int]:
    """Ports that are free now; all are held until the last is found, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body of a GET at 127.0.0.1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def wait_until_ready(process: subprocess.Popen, port: int, path: str = "/ready", who: str = "Envoy") -> None:
    """Returns when it serves; fails when it ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{who} ended with status {process.returncode} before it served")
        try:
            if get(port, path)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{who} did not serve within {PATIENCE:.0f} s")


def solve(challenge: dict) -> str:
    """What answers a challenge: the number for which SHA-256 of salt and number is what was asked for."""
    if not challenge:
        raise RuntimeError("nobody was challenged whose solution comes next")
    salt = hashlib.sha256(challenge["salt"].encode())
    for number in range(challenge["maxnumber"] + 1):
        attempt = salt.copy()
        attempt.update(str(number).encode())
        if attempt.hexdigest() == challenge["challenge"]:
            return base64.b64encode(json.dumps(challenge | {"number": number}).encode()).decode()
    raise RuntimeError("the challenge has no solution")


def seen(context: str) -> str:
    """The signals in what the application saw."""
    signals = re.search(r"signals=\(([^)]*)\)", context)
    return signals[1].replace('"', "").replace(" ", ",") if signals else ""


class Shell:
    """Who pastes the printed lines into a shell."""

    def __init__(self, port: int, directory: pathlib.Path) -> None:
        self.places = {f"127.0.0.1:{LISTENER}": f"127.0.0.1:{port}", "/tmp/palisade-demo-": f"{directory}/jar-"}

    def play(self, case: Case) -> list[tuple[int, str]]:
        """Runs the line; of each answer the status and, when it says so, why."""
        line = curl(case)
        for printed, own in self.places.items():
            line = line.replace(printed, own)
        output = subprocess.check_output(["sh", "-c", line], text=True, timeout=PATIENCE)
        # A body need not end its line.
        heads = re.split(r"(?=HTTP/1\.1 \d{3})", output)[1:]
        contexts = [re.search(r"^x-seen-context: (.*)$", head, re.M) for head in heads]
        return [(int(head[9:12]), seen(context[1]) if context else "") for head, context in zip(heads, contexts)]


class Clients:
    """All who send requests: the cookies that they keep, and the last challenge that a program was given."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.jars: dict[str, dict[str, str]] = {}
        self.challenge: dict = {}

    def headers(self, case: Case) -> dict[str, str]:
        """What goes with the request."""
        headers = {"X-Forwarded-For": case.client, "Content-Type": "application/x-www-form-urlencoded"}
        if case.page:
            headers |= {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        if case.solves:
            headers["X-Palisade-Solution"] = solve(self.challenge)
        if case.session:
            headers["Cookie"] = f"sid={case.session}"
        if case.jar in self.jars:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jars[case.jar].items())
        return headers

    def play(self, case: Case) -> list[tuple[int, str]]:
        """Sends the request as often as the case says; of each answer the status and, when it says so, why."""
        return [self.send(case, number) for number in range(case.times)]

    def send(self, case: Case, number: int) -> tuple[int, str]:
        """Status of the answer and, when it says so, why."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            body = case.body.format(number) if case.method == "POST" else None
            connection.request(case.method, case.target(), body=body, headers=self.headers(case))
            response = connection.getresponse()
            answer = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("set-cookie", []) if case.jar else []:
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self.jars.setdefault(case.jar, {})[name] = value
        if response.getheader("content-type") == "application/problem+json":
            self.challenge = json.loads(answer).get("altcha", self.challenge)
        if case.page and not ("data-challenge" in answer and 'name="password"' in answer):
            raise RuntimeError(f"this is not the page of a challenge:\n{answer}")
        return response.status, seen(response.getheader("x-seen-context") or "")


def last_entry(access_log: pathlib.Path, count: int) -> dict:
    """Of so many entries of the access log that of the request that came last, awaited: Envoy writes them after the
    answers, and those of different workers in no order."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        written = access_log.read_text().splitlines(keepends=True)
        entries = [json.loads(line) for line in written if line.startswith("{") and line.endswith("\n")]
        if len(entries) >= count:
            return sorted(entries, key=lambda entry: entry["time"])[-1]
        time.sleep(0.01)
    raise RuntimeError(f"the access log has no entry {count}")


def run_cases(cases: list[Case], clients: Clients | Shell, access_log: pathlib.Path) -> bool:
    """Sends every request and prints the table; true when each verdict is the expected one."""
    widths = (22, 58, 11, 8)
    line = "  {:<%d}{:<%d}{:<%d}{:<%d}{}" % widths
    print(line.format("REQUEST", "FROM", "VERDICT", "STATUS", "WHY"))
    failed = sent = 0
    for case in cases:
        answers = clients.play(case)
        deadline = time.monotonic() + PATIENCE
        while case.soon and answers[-1][0] != case.status and time.monotonic() < deadline:
            time.sleep(0.02)
            answers += clients.play(case)
        status, signals = answers[-1]
        sent += len(answers)
        entry = last_entry(access_log, sent)
        told = re.match(r"verdict=(\w+)", entry.get("palisade") or "")
        verdict = told[1] if told else "-"
        details = entry.get("details") or ""
        why = details if details.startswith("palisade") else signals
        # How many different accounts there are is estimated; all else is exact.
        early = case.verdict == "limit" and any(before == status for before, _ in answers[:-1])
        right = (verdict, status) == (case.verdict, case.status) and not early
        failed += not right
        note = "" if right else f"   <-- expected {case.verdict} {case.status}{', and not earlier' if early else ''}"
        print(line.format(f"{case.method} {case.path}", f"{case.client}: {case.what}", verdict, status, why + note))
    print(f"\n{len(cases) - failed} of {len(cases)} verdicts as expected")
    return not failed


def demo(shell: bool) -> int:
    """Starts Envoy, runs the cases or the printed lines, always stops Envoy; the exit status."""
    binary = os.environ.get("ENVOY") or subprocess.check_output([ROOT / "scripts/envoy.sh"], text=True).strip()
    config = (ROOT / "envoy/demo.yaml").read_text()
    ports = dict(zip(PORTS, free_ports(len(PORTS))))
    config = re.sub(r"port_value: (\d+)", lambda m: f"port_value: {ports[int(m[1])]}", config)
    with tempfile.TemporaryDirectory(prefix="palisade-demo-") as directory:
        path = pathlib.Path(directory)
        (path / "envoy.yaml").write_text(config)
        with open(path / "stdout", "wb") as stdout, open(path / "stderr", "wb") as stderr:
            envoy = subprocess.Popen(
                [binary, "--log-level", "warning", "--component-log-level", "wasm:info",
                 "--disable-hot-restart", "--file-flush-interval-msec", "20", "-c", path / "envoy.yaml"],
                cwd=ROOT, stdout=stdout, stderr=stderr,
            )
        problem = None
        try:
            wait_until_ready(envoy, ports[ADMIN])
            cases = lines() if shell else CASES
            clients = Shell(ports[LISTENER], path) if shell else Clients(ports[LISTENER])
            succeeded = run_cases(cases, clients, path / "stdout")
        except (OSError, RuntimeError, http.client.HTTPException, subprocess.SubprocessError) as error:
            succeeded, problem = False, error
        finally:
            envoy.terminate()
            try:
                envoy.wait(timeout=5)
            except subprocess.TimeoutExpired:
                envoy.kill()
                envoy.wait()
        if not succeeded:
            log = (path / "stderr").read_text(errors="replace").splitlines()
            print("\n--- the end of Envoy's log ---", *log[-40:], sep="\n", file=sys.stderr)
        if problem:
            print(f"demo: {problem}", file=sys.stderr)
    return 0 if succeeded else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--curl"]:
        for case in lines():
            print(f"  {curl(case)}\n      # {told(case)}")
        sys.exit(0)
    # So that Envoy is stopped whatever ends this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(demo(sys.argv[1:] == ["--lines"]))
