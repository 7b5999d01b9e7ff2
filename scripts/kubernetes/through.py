"""What must come true through a proxy of a control plane: every verdict of the demo, and changes of its policy."""

import contextlib
import io
import itertools
import pathlib
import ssl
import threading
import time
from collections.abc import Callable

import demo

# Whether a policy is in force shows at this network, which the changed one refuses.
NETWORK = "11.66.0.0/16"
REFUSED = "11.66.0.1"


class Log:
    """A file from where it ends now."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.start = len(path.read_bytes())

    def read_text(self) -> str:
        """What has been written since."""
        return self.path.read_bytes()[self.start :].decode(errors="replace")


def changed(policy: dict) -> dict:
    """The policy that also refuses that network."""
    return policy | {"lists": [*policy.get("lists", []), {"name": "changed", "cidrs": [NETWORK], "then": "deny"}]}


def broken(policy: dict) -> dict:
    """The policy with a mistake."""
    return policy | {"mode": "sideways"}


def wait_for(what: str, holds: Callable[[], bool], patience: float = demo.PATIENCE) -> None:
    """Returns when it holds."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError, demo.http.client.HTTPException):
            if holds():
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.1)


class Load:
    """Right logins from ever new networks, while it lives; what became of them."""

    networks = itertools.count()

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, int] = {}
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(3)]

    def run(self) -> None:
        """One after the other."""
        clients = demo.Clients(self.port)
        while not self.stopped.is_set():
            with self.lock:
                number = next(self.networks)
            client = f"11.{100 + number // 250 % 100}.{number % 250}.1"
            case = demo.Case("POST", "/login", client, "", "", 200, f"user=load{number}&password=lovelace")
            try:
                answer = str(clients.send(case, 0)[0])
            except (OSError, demo.http.client.HTTPException) as error:
                answer = repr(error)
            with self.lock:
                self.answers[answer] = self.answers.get(answer, 0) + 1
            time.sleep(0.02)

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


class Proxy:
    """A proxy that a control plane runs: where it listens, what it writes, and how its policy is changed."""

    def __init__(self, name: str, port: int, out: pathlib.Path, log: pathlib.Path, apply: Callable[[dict], None]) -> None:
        self.name, self.port, self.out, self.log, self.apply = name, port, out, log, apply

    def status(self, client: str, user: str, password: str = "lovelace", path: str = "/login") -> int:
        """Of the answer to a login."""
        case = demo.Case("POST", path, client, "", "", 0, f"user={user}&password={password}")
        return demo.Clients(self.port).send(case, 0)[0]

    def serves(self) -> None:
        """Returns when it answers a request that is not protected."""
        wait_for(f"{self.name} serves", lambda: demo.get(self.port, "/")[0] == 200)


def watches(proxy: Proxy) -> None:
    """Returns when the policy of our manifest watches: a VPN is let through, and told what would have become of it."""
    log = Log(proxy.log)
    case = demo.Case("POST", "/login", "2600:db00::7", "", "", 0, "email=nobody@example.com&password=none")

    def watched() -> bool:
        return demo.Clients(proxy.port).send(case, 0)[0] == 401 and '"reason":"vpn"' in log.read_text()

    wait_for(f"{proxy.name} watches", watched)


def verdicts(proxy: Proxy, policy: dict) -> str:
    """Changes to the demo's policy, and plays it; what it says in the end."""
    proxy.apply(changed(policy))
    wait_for(f"{proxy.name} takes the demo's policy", lambda: proxy.status(REFUSED, "walter") == 403)
    # What the log still gets of the requests before is not the demo's.
    time.sleep(0.5)
    table = io.StringIO()
    try:
        with contextlib.redirect_stdout(table):
            succeeded = demo.run_cases(demo.CASES, demo.Clients(proxy.port), Log(proxy.out))
    except RuntimeError as error:
        raise RuntimeError(f"{proxy.name}: {error}\n{table.getvalue()}") from error
    if not succeeded:
        raise RuntimeError(f"{proxy.name}: the demo's verdicts\n{table.getvalue()}")
    audited = [line for line in proxy.log.read_text(errors="replace").splitlines() if '"verdict":"deny"' in line]
    if not audited:
        raise RuntimeError(f"{proxy.name}: no refusal stands in the audit log")
    return f"{table.getvalue().splitlines()[-1]}, {len(audited)} refusals audited"


def fingerprinted(policy: dict, ja4: dict) -> dict:
    """The policy that asks for the TLS fingerprint of each login."""
    limit = {"name": "prints", "key": ["ja4"], "limit": 1000, "window": "1m"}
    login, *others = policy["routes"]
    login = login | {"limits": [*login["limits"], "prints"]}
    return changed(policy) | {"ja4": ja4, "limits": [*policy["limits"], limit], "routes": [login, *others]}


def fingerprint(proxy: Proxy, port: int, admin: int) -> str:
    """Logs in by TLS until the filter has known the fingerprint of it."""
    def known() -> bool:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = demo.http.client.HTTPSConnection("127.0.0.1", port, timeout=demo.PATIENCE, context=context)
        # What a client says of itself is not believed.
        headers = {"X-Forwarded-For": "11.80.0.1", "X-JA4": "", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", demo.BODY, headers)
        connection.getresponse().read()
        connection.close()
        counted = demo.get(admin, "/stats?filter=palisade_fingerprints.*result=known")[1]
        return any(int(line.rpartition(" ")[2]) > 0 for line in counted.splitlines() if line)

    wait_for(f"{proxy.name} knows the TLS fingerprint", known)
    return "the TLS fingerprint of a client is known"


def counts(proxy: Proxy, admin: int, metric: str) -> None:
    """Fails unless the counters are let out."""
    if metric not in demo.get(admin, "/stats/prometheus")[1]:
        raise RuntimeError(f"{proxy.name}: there is no {metric} among the counters")


def change(proxy: Proxy, policy: dict) -> str:
    """Changes the policy under load, breaks it, and mends it; what was found."""
    def guessed(account: str, times: int, network: int) -> list[int]:
        return [proxy.status(f"11.{network}.{number}.1", account, "qwerty") for number in range(times)]

    def expect(what: str, found: object, expected: object) -> None:
        if found != expected:
            raise RuntimeError(f"{proxy.name}: {what}: {found}, expected {expected}")

    expect("an account is locked", guessed("mallory", 4, 70), [401, 401, 401, 429])
    expect("another has two failures", guessed("trudy", 2, 71), [401, 401])
    with Load(proxy.port) as load:
        time.sleep(0.5)
        proxy.apply(policy)
        wait_for(f"{proxy.name} takes the policy without the list", lambda: proxy.status(REFUSED, "walter") == 200)
        time.sleep(0.5)
        expect("the lock after a change", proxy.status("11.72.0.1", "mallory"), 429)
        expect("the failures after a change", guessed("trudy", 2, 73), [401, 429])
        log = Log(proxy.log)
        proxy.apply(broken(changed(policy)))
        wait_for(f"{proxy.name} says what is wrong", lambda: "sideways" in log.read_text())
        time.sleep(1)
        expect("the old policy, while the new one is broken", proxy.status(REFUSED, "walter"), 200)
        expect("the lock, while the new policy is broken", proxy.status("11.74.0.1", "mallory"), 429)
        proxy.apply(changed(policy))
        wait_for(f"{proxy.name} takes the mended policy", lambda: proxy.status(REFUSED, "victor") == 403)
        expect("the lock after the mended policy", proxy.status("11.75.0.1", "mallory"), 429)
    expect("what became of the load", set(load.answers), {"200"})
    said = next(line for line in log.read_text().splitlines() if "sideways" in line)
    return f"{load.answers['200']} requests during three changes, none lost; the broken one in its log:\n    {said.strip()[:300]}"
