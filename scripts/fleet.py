#!/usr/bin/env python3
"""Three Envoys that count as one: Redis, Envoy's rate limit service, three times the demo, and one Envoy before them.

`fleet.py run` leaves them running in the foreground on fixed ports and prints curl lines; `fleet.py demo` sends the
requests by itself, on free ports, and checks what becomes of them; `fleet.py load NUMBER` sends one login for each of so
many accounts, and prints how many a second that are, and what Redis holds afterwards.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import demo
import fleet_load

FRONT, SERVICE, REDIS = 10100, 10108, 10109
MEMBERS = 3
FLEET = """\
                            fleet: {{ cluster: ratelimit, domain: palisade, timeout: {timeout} }}
"""
CLUSTER = """\
    - name: ratelimit
      type: STATIC
      connect_timeout: 0.5s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: ratelimit
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: SERVICE } } } }] }]
"""
BEFORE = """\
admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {admin} }} }} }}
static_resources:
  listeners:
    - name: front
      address: {{ socket_address: {{ address: 127.0.0.1, port_value: {front} }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: front
                # The client is whoever curl says: the members trust one proxy, which is this one.
                skip_xff_append: true
                http_filters:
                  - name: router
                    typed_config: {{ '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
                route_config:
                  virtual_hosts:
                    - {{ name: all, domains: ['*'], routes: [{{ match: {{ prefix: / }}, route: {{ cluster: members }} }}] }}
  clusters:
    - name: members
      type: STATIC
      load_assignment:
        cluster_name: members
        endpoints: [{{ lb_endpoints: [{endpoints}] }}]
"""


def programs() -> tuple[str, str, str]:
    """Envoy, the rate limit service and Redis, got first where they are missing."""
    envoy = os.environ.get("ENVOY") or subprocess.check_output([demo.ROOT / "scripts/envoy.sh"], text=True).strip()
    printed = subprocess.check_output([demo.ROOT / "scripts/ratelimit.sh"], text=True)
    service, redis = re.fullmatch(r"RATELIMIT=(\S+) REDIS=(\S+)\n", printed).groups()
    return envoy, service, redis


def wait_for_port(port: int) -> None:
    """Returns when somebody listens there."""
    deadline = time.monotonic() + demo.PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Fleet:
    """All processes, which end with it."""

    # Where the limits on accounts and codes are counted.
    scope = "fleet"

    def __init__(self, directory: pathlib.Path, ports: list[int], timeout: str) -> None:
        """On these ports: the front, the service, Redis, two more of the service's, the front's admin, and four each."""
        self.directory = directory
        self.envoy, self.service, self.redis = programs()
        self.front, self.service_port, self.redis_port, self.http, self.debug, self.admin, *rest = ports
        self.members = [rest[4 * number : 4 * number + 4] for number in range(MEMBERS)]
        self.timeout = timeout
        self.processes: list[subprocess.Popen] = []
        self.counting: list[subprocess.Popen] = []

    def spawn(self, name: str, command: list, **more: object) -> subprocess.Popen:
        """A process whose output goes into a file."""
        with open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **more)
        self.processes.append(process)
        return process

    def start(self) -> None:
        """Starts all; returns when they serve."""
        self.start_counting()
        for number, ports in enumerate(self.members):
            config = self.member(dict(zip(demo.PORTS, ports)))
            self.start_envoy(f"member-{number + 1}", config, ports[3])
        address = "{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: %d } } } }"
        endpoints = ", ".join(address % listener for listener, *_ in self.members)
        self.start_envoy("front", BEFORE.format(admin=self.admin, front=self.front, endpoints=endpoints), self.admin)

    def start_counting(self) -> None:
        """Starts Redis and the service."""
        config = self.directory / "runtime/config"
        config.mkdir(parents=True, exist_ok=True)
        rendered = subprocess.check_output(
            [demo.ROOT / "target/debug/palisade", "render", self.policy(), "--for", "ratelimit"], text=True
        )
        (config / "palisade.yaml").write_text(rendered)
        redis = self.spawn(
            "redis", [self.redis, "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        )
        # The service ends where Redis does not answer yet.
        wait_for_port(self.redis_port)
        environment = os.environ | {
            "REDIS_SOCKET_TYPE": "tcp", "REDIS_URL": f"127.0.0.1:{self.redis_port}", "BACKEND_TYPE": "redis",
            "RUNTIME_ROOT": str(self.directory), "RUNTIME_SUBDIRECTORY": "runtime", "RUNTIME_APPDIRECTORY": "config",
            "RUNTIME_WATCH_ROOT": "false", "USE_STATSD": "false", "LOG_LEVEL": "warn", "REDIS_TIMEOUT": "100ms",
            "HOST": "127.0.0.1", "PORT": str(self.http), "GRPC_HOST": "127.0.0.1", "GRPC_PORT": str(self.service_port),
            "DEBUG_HOST": "127.0.0.1", "DEBUG_PORT": str(self.debug),
        }
        service = self.spawn("service", [self.service], env=environment)
        self.counting = [redis, service]
        demo.wait_until_ready(service, self.http, "/healthcheck", "the rate limit service")

    def stop_counting(self) -> None:
        """Kills Redis and the service."""
        for process in self.counting:
            process.kill()
            process.wait()

    def policy(self) -> pathlib.Path:
        """The members' configuration as a file, for the command line."""
        path = self.directory / "policy.yaml"
        path.write_text(self.member(dict(zip(demo.PORTS, demo.PORTS))))
        return path

    def member(self, ports: dict[int, int]) -> str:
        """The demo's configuration, whose limits on accounts and codes count in the fleet."""
        config = (demo.ROOT / "envoy/demo.yaml").read_text()
        config = re.sub(r"port_value: (\d+)", lambda m: f"port_value: {ports[int(m[1])]}", config)
        config, sections = re.subn(r"( +)(signing_keys_env: .*\n)", lambda m: m[0] + FLEET.format(timeout=self.timeout), config)
        config, limits = re.subn(r"(- \{ name: (?:account|code), .*?)( \}\n)", rf"\1, scope: {self.scope}\2", config)
        config, clusters = re.subn(r"(\n  clusters:\n)", lambda m: m[0] + CLUSTER.replace("SERVICE", str(self.service_port)), config)
        if (sections, limits, clusters) != (1, 2, 1):
            raise RuntimeError("envoy/demo.yaml has changed: this script does not know it")
        return config

    def start_envoy(self, name: str, config: str, admin: int) -> None:
        """Starts an Envoy with this configuration; returns when it serves."""
        path = self.directory / f"{name}.yaml"
        path.write_text(config)
        command = [self.envoy, "--log-level", "warning", "--disable-hot-restart", "--concurrency", "1", "-c", path]
        demo.wait_until_ready(self.spawn(name, command, cwd=demo.ROOT), admin)

    def end(self) -> None:
        """Ends all."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


def checks(fleet: Fleet) -> bool:
    """Sends the requests, and prints what becomes of them; whether all is as it should be."""
    clients = demo.Clients(fleet.front)
    networks = (f"11.{20 + number // 250}.{number % 250}.1" for number in range(2000))

    def answers(count: int, body: str, path: str = "/login", ports: tuple = (None,)) -> list[int]:
        found = []
        for number in range(count):
            clients.port = ports[number % len(ports)] or fleet.front
            case = demo.Case("POST", path, next(networks), "", "", 0, body)
            found.append(clients.send(case, number)[0])
        return found

    listeners = tuple(listener for listener, *_ in fleet.members)
    failed = 0

    def check(what: str, found: list[int], expected: list[int]) -> None:
        nonlocal failed
        failed += found != expected
        note = "" if found == expected else f"   <-- expected {expected}"
        print(f"  {what:<68} {' '.join(map(str, found))}{note}", flush=True)

    wrong = "user={}&password=qwerty".format
    check("9 wrong passwords of one account, from 9 networks, by the front", answers(9, wrong("ada")), [401] * 3 + [429] * 6)
    check("one at each Envoy, then once more at each", answers(6, wrong("bob"), ports=listeners), [401] * 3 + [429] * 3)
    check("her right password is no better, wherever", answers(3, "user=bob&password=lovelace", ports=listeners), [429] * 3)
    check("another account is not concerned", answers(3, "user=carol&password=lovelace"), [200] * 3)
    fleet.stop_counting()
    print("  (Redis and the service are gone: each Envoy counts for itself)")
    check("three at each Envoy, and no more", answers(12, wrong("dora"), ports=listeners), [401] * 9 + [429] * 3)
    fleet.start_counting()
    print("  (both are back, and have forgotten everything)")
    deadline = time.monotonic() + demo.PATIENCE
    for number in range(100):
        # A worker that has met nobody asks again after some seconds.
        account = f"eve{number}"
        found = answers(6, wrong(account), ports=listeners)
        if found == [401] * 3 + [429] * 3 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    check("one at each Envoy, then once more at each", found, [401] * 3 + [429] * 3)
    print(f"\n{6 - failed} of 6 as expected")
    return not failed


def main() -> int:
    """The exit status."""
    words = sys.argv[1:]
    accounts = int(words[1]) if len(words) == 2 and words[0] == "load" and words[1].isdigit() else None
    if words not in (["run"], ["demo"]) and not accounts:
        sys.exit(__doc__)
    runs = words[0] == "run"
    count = 6 + 4 * MEMBERS
    ports = [FRONT, SERVICE, REDIS, *range(10110, 10110 + count - 3)] if runs else demo.free_ports(count)
    with tempfile.TemporaryDirectory(prefix="palisade-fleet-") as directory:
        # What runs here is one busy machine: 20 ms would be too little for it now and then.
        fleet = Fleet(pathlib.Path(directory), ports, "20ms" if runs else "1s")
        try:
            fleet.start()
            if accounts:
                together = fleet_load.measure([listener for listener, *_ in fleet.members], fleet.redis_port, accounts)
                fleet.end()
                fleet.scope = "local"
                fleet.start()
                print("the same, where each Envoy counts for itself:")
                alone = fleet_load.measure([listener for listener, *_ in fleet.members], fleet.redis_port, accounts)
                print(f"a fleet serves {together / alone:.2f} times as many a second")
                return 0
            if not runs:
                return 0 if checks(fleet) else 1
            print(f"\n  the front           http://127.0.0.1:{fleet.front}   (asks the three by turns)")
            for number, (listener, *_, admin) in enumerate(fleet.members, 1):
                print(f"  Envoy {number}             http://127.0.0.1:{listener}   counters http://127.0.0.1:{admin}/stats/prometheus")
            print(f"  rate limit service  http://127.0.0.1:{fleet.debug}/rlconfig\n\nTry:")
            for number, client in enumerate(["11.2.1.1", "11.2.2.1", "11.2.3.1", "11.2.4.1"]):
                print(f"  curl -si -d '{demo.WRONG}' -H 'X-Forwarded-For: {client}' http://127.0.0.1:{fleet.front}/login")
                print(f"      # {'a wrong password for ada: 401' if number < 3 else 'too many, whichever Envoy answers: 429'}")
            print("\nThey run. Ctrl-C ends them.\n", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            return 0
        except (OSError, RuntimeError) as error:
            for log in sorted(pathlib.Path(directory).glob("*.log")):
                lines = log.read_text(errors="replace").splitlines()[-10:]
                print(f"--- {log.name} ---", *lines, sep="\n", file=sys.stderr)
            print(f"fleet: {error}", file=sys.stderr)
            return 1
        finally:
            fleet.end()


if __name__ == "__main__":
    # So that everything is stopped whatever ends this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
