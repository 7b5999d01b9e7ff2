#!/usr/bin/env python3
"""Whether dashboard and alerts work: Debian's Prometheus scrapes a fleet of real Envoys under the demo and an attack,
with the rules that ship; every expression of every panel must return data, and the alerts of an attack must come.
"""

import contextlib
import itertools
import json
import math
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import demo
import fleet

DASHBOARD = demo.ROOT / "docs/observe/grafana.json"
RULES = demo.ROOT / "docs/observe/alerts.yaml"
TESTS = demo.ROOT / "tests/observe/alerts_test.yaml"
# What the demo has none of: a day's budget, a list that is only watched, and proxies that are named.
BUDGET = "provider: ipasis\n                              daily_budget: 100000\n"
WATCHED = """\
client: { trusted_proxies: [198.51.100.0/24] }
                            lists:
                              - { name: watched, cidrs: [11.67.0.0/16], then: deny, mode: monitor }
"""
# For how long there is an attack before anything is asked.
SECONDS = 15
# Without waiting for how long a condition has to last, these alerts come of the attack.
EXPECTED = {"PalisadeFailuresRise", "PalisadeGuessing", "PalisadeManyRefused"}
# What must not be empty, nor nothing but zeros.
MOVES = re.compile(r"\bpalisade_(requests|monitored|logins|limit_hits|challenges|lookups|fleet_calls|lookup_time_ms_bucket)\b")


class Observed(fleet.Fleet):
    """The fleet whose members have all that a panel shows."""

    def member(self, ports: dict[int, int]) -> str:
        """The configuration of a member."""
        config, budgets = re.subn(r"provider: ipasis\n", BUDGET, super().member(ports), count=1)
        config, lists = re.subn(r"lists:\n", WATCHED, config, count=1)
        if (budgets, lists) != (1, 1):
            raise RuntimeError("envoy/demo.yaml has changed: this script does not know it")
        return config


class Attack:
    """Guesses, Tor, VPNs, what is watched, and right logins, while it lives."""

    numbers = itertools.count()

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(port,)) for port in ports]

    def run(self, port: int) -> None:
        """One round after the other."""
        clients = demo.Clients(port)
        while not self.stopped.is_set():
            number = next(self.numbers)
            network = f"{100 + number // 250 % 100}.{number % 250}"
            logins = (
                (f"11.{network}.1", demo.WRONG),
                (f"11.{network}.2", f"user=user{number}&password=lovelace"),
                (f"11.{network}.3", f"user=user{number % 40}&password=summer"),
                (f"11.{network}.4", f"user=user{number}&password=qwerty"),
                (f"11.67.{number % 250}.1", f"user=watched{number}&password=lovelace"),
                ("11.0.0.4", demo.BODY),
                ("11.0.0.2", demo.BODY),
            )
            for client, body in logins:
                with contextlib.suppress(OSError, demo.http.client.HTTPException):
                    clients.send(demo.Case("POST", "/login", client, "", "", 0, body), 0)

    def __enter__(self) -> None:
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def ask(port: int, path: str, **query: str) -> dict:
    """What Prometheus answers."""
    answer = json.loads(demo.get(port, f"/api/v1/{path}?{urllib.parse.urlencode(query)}")[1])
    if answer["status"] != "success":
        raise RuntimeError(f"{query or path}: {answer['error']}")
    return answer["data"]


def start_prometheus(those: Observed, directory: pathlib.Path, port: int) -> None:
    """Starts it with the rules that ship, which here do not wait."""
    rules = re.sub(r"\n +for: \w+", "", RULES.read_text())
    (directory / "rules.yaml").write_text(rules)
    targets = ", ".join(f"'127.0.0.1:{admin}'" for *_, admin in those.members)
    (directory / "prometheus.yaml").write_text(
        "global: { scrape_interval: 1s, evaluation_interval: 2s }\n"
        f"rule_files: [{directory / 'rules.yaml'}]\n"
        "scrape_configs:\n"
        f"  - {{ job_name: envoy, metrics_path: /stats/prometheus, static_configs: [{{ targets: [{targets}] }}] }}\n"
    )
    process = those.spawn("prometheus", [
        "prometheus", f"--config.file={directory / 'prometheus.yaml'}", f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
    demo.wait_until_ready(process, port, "/-/ready", "Prometheus")


def panels(port: int) -> int:
    """Prints what each expression of each panel returns; how many return nothing."""
    failed = 0
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            values = [float(each["value"][1]) for each in ask(port, "query", query=expression)["result"]]
            known = [value for value in values if not math.isnan(value)]
            moves = MOVES.search(expression)
            right = bool(known) and (not moves or any(value > 0 for value in known))
            failed += not right
            note = "" if right else f"   <-- {expression}"
            most = max(known, default=0)
            print(f"{'ok ' if right else 'NO '} {panel['title']}: {len(known)} series, {most:.3g} at most{note}")
    return failed


def alerts(port: int) -> int:
    """Prints which alerts have come; how many of those that had to did not."""
    deadline = time.monotonic() + 20
    while True:
        found = {each["labels"]["alertname"] for each in ask(port, "alerts")["alerts"] if each["state"] == "firing"}
        missing = EXPECTED - found
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    note = f"   <-- not {', '.join(sorted(missing))}" if missing else ""
    print(f"{'NO ' if missing else 'ok '} alerts: {', '.join(sorted(found)) or 'none'}{note}")
    return len(missing)


def main() -> int:
    """The exit status."""
    for check in (["check", "rules", RULES], ["test", "rules", TESTS.name]):
        done = subprocess.run(["promtool", *map(str, check)], cwd=TESTS.parent, text=True, capture_output=True)
        print(f"{'NO ' if done.returncode else 'ok '} promtool {check[0]} rules")
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
            return 1
    ports = demo.free_ports(7 + 4 * fleet.MEMBERS)
    with tempfile.TemporaryDirectory(prefix="palisade-observe-") as name:
        directory = pathlib.Path(name)
        those = Observed(directory, ports[1:], "1s")
        try:
            those.start()
            start_prometheus(those, directory, ports[0])
            listeners = [listener for listener, *_ in those.members]
            clients = demo.Clients(listeners[0])
            for case in demo.CASES:
                clients.play(case)
            with Attack(listeners):
                time.sleep(SECONDS)
                failed = panels(ports[0]) + alerts(ports[0])
        except (OSError, RuntimeError) as error:
            for log in sorted(directory.glob("*.log")):
                print(f"--- {log.name} ---", *log.read_text(errors="replace").splitlines()[-10:], sep="\n", file=sys.stderr)
            print(f"observe: {error}", file=sys.stderr)
            return 1
        finally:
            those.end()
    print("== dashboard and alerts show what happens" if not failed else f"== {failed} do not", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # So that everything is stopped whatever ends this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
