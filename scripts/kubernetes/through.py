"""What must come true through a proxy of a control plane: every verdict of the demo, and changes of its policy."""

import contextlib
import io
import itertools
import pathlib
import re
import ssl
import threading
import time
from collections.abc import Callable

import surroundings
from surroundings import counted, demo

# Whether a policy is in force shows at this network, which the changed one refuses.
NETWORK = "11.66.0.0/16"
REFUSED = "11.66.0.1"
# What no client may say of itself: the fingerprint of Chromium.
FORGED = "t13d1516h2_8daaf6152771_{:012x}"


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

    # Its admin interface, and where Prometheus asks for its metrics.
    admin: int
    metrics: int

    def __init__(self, name: str, port: int, out: pathlib.Path, log: pathlib.Path, apply: Callable[[dict], None]) -> None:
        self.name, self.port, self.out, self.log, self.apply = name, port, out, log, apply

    def status(self, client: str, user: str, password: str = "lovelace", path: str = "/login", method: str = "POST") -> int:
        """Of the answer to a login, or to another request."""
        case = demo.Case(method, path, client, "", "", 0, f"user={user}&password={password}")
        return demo.Clients(self.port).send(case, 0)[0]

    def expect(self, what: str, found: object, expected: object) -> None:
        """Fails unless the one is the other."""
        if found != expected:
            raise RuntimeError(f"{self.name}: {what}: {found}, expected {expected}")

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
    """The policy that lets each TLS fingerprint log in twice."""
    limit = {"name": "prints", "key": ["ja4"], "limit": 2, "window": "1h"}
    login, *others = policy["routes"]
    login = login | {"limits": [*login["limits"], "prints"]}
    return changed(policy) | {"ja4": ja4, "limits": [*policy["limits"], limit], "routes": [login, *others]}


def forge(connection: demo.http.client.HTTPConnection, number: int) -> int:
    """The status of a login that says of itself, once or twice, which fingerprint it has: another one each time."""
    connection.putrequest("POST", "/login")
    body = f"user=forger{number}&password=lovelace"
    forged = [("X-JA4", FORGED.format(number))] * (1 + number % 2)
    for name, value in (("X-Forwarded-For", f"11.80.{number}.1"), ("Content-Type", "application/x-www-form-urlencoded"),
                        ("Content-Length", str(len(body))), *forged):
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    status = connection.getresponse().status
    connection.close()
    return status


def fingerprint(proxy: Proxy, port: int) -> str:
    """Logs in by TLS until the filter knows the fingerprint; what clients say of themselves must change nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    numbers = itertools.count(1)

    def known() -> int:
        return counted(proxy.admin, "palisade_fingerprints.*result=known")

    def login() -> int:
        connection = demo.http.client.HTTPSConnection("127.0.0.1", port, timeout=demo.PATIENCE, context=context)
        return forge(connection, next(numbers))

    wait_for(f"{proxy.name} knows the TLS fingerprint", lambda: login() and known() > 0)
    statuses = [login() for _ in range(3)]
    proxy.expect("a third login of one fingerprint, which claims another each time", statuses[-1], 429)
    before = known()
    plain = demo.http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=demo.PATIENCE)
    proxy.expect("a login without TLS that claims a fingerprint", forge(plain, next(numbers)), 200)
    proxy.expect("how many fingerprints are known after it", known() - before, 0)
    return "the TLS fingerprint of a client is known, and none that a client claims"


def mistrusts(proxy: Proxy, around: surroundings.Surroundings) -> str:
    """Has the API show certificates that are not its own: lookups must fail, and none may have an answer."""
    told = []
    networks = itertools.count(16)

    def login() -> int:
        # Of a VPN, as the right API says.
        return proxy.status(f"2600:db00:{next(networks):x}::7", "walter")

    def results() -> tuple[int, int]:
        return (around.asked(), counted(proxy.admin, "palisade_lookups.*result=(answer|nothing)"))

    for certificate in (surroundings.UNKNOWN_AUTHORITY, surroundings.OTHER_NAME):
        wait_for(f"{proxy.name} asks the API", lambda: login() == 403)
        around.show(certificate)
        before = results()
        failed = counted(proxy.admin, "palisade_lookups.*result=unavailable")

        def refuses() -> bool:
            # A worker that has had enough of failures asks nobody for a while.
            admin = proxy.status(f"2600:db00:{next(networks):x}::7", "walter", path="/admin", method="GET")
            proxy.expect(f"a login and an admin page with {certificate}", [login(), admin], [200, 403])
            return counted(proxy.admin, "palisade_lookups.*result=unavailable") > failed and around.hung_up_on() > 0

        wait_for(f"{proxy.name} refuses {certificate}", refuses)
        proxy.expect(f"requests to the API and answers with {certificate}", results(), before)
        failed = counted(proxy.admin, "palisade_lookups.*result=unavailable") - failed
        told.append(f"{failed} with {certificate}")
        around.show(surroundings.OWN)
    wait_for(f"{proxy.name} asks the API again", lambda: login() == 403)
    return f"failed lookups: {', '.join(told)}; no answer taken"


def labelled(proxy: Proxy) -> str:
    """Fails unless every counter of ours has its own name, and the labels of the reference: so dashboard and alerts find it."""
    known = reference()
    found: dict[str, int] = {}
    for line in demo.get(proxy.metrics, "/stats/prometheus")[1].splitlines():
        series = re.match(r"(palisade_\w+)\{(.*)\} ", line)
        if series:
            labels = set(re.findall(r'(\w+)="', series[2])) - {"le"}
            proxy.expect(f"the labels of {series[1]}, of which docs/reference/metrics.md tells", labels, known.get(series[1]))
            found[series[1]] = found.get(series[1], 0) + 1
    if found.get("palisade_requests", 0) < 2:
        raise RuntimeError(f"{proxy.name}: there are no counters of requests among the metrics")
    return f"{sum(found.values())} series of {len(found)} metrics, each with the labels of the reference"


def reference() -> dict[str, set[str]]:
    """The labels of each metric, as the reference has them."""
    page = (demo.ROOT / "docs/reference/metrics.md").read_text()
    rows = re.findall(r"^\| (`palisade_.*?) \| .*? \| .*? \| (.*?) \|", page, re.M)
    names = re.compile(r"`(\w+)`")
    return {name: set(names.findall(labels)) for metrics, labels in rows for name in names.findall(metrics)}


def counts(proxy: Proxy, metric: str) -> None:
    """Fails unless a series is let out: a line that this regular expression fits."""
    if not re.search(rf"^(?:{metric})$", demo.get(proxy.metrics, "/stats/prometheus")[1], re.M):
        raise RuntimeError(f"{proxy.name}: there is no {metric} among the metrics")


def change(proxy: Proxy, policy: dict) -> str:
    """Changes the policy under load, breaks it, and mends it; what was found."""
    def guessed(account: str, times: int, network: int) -> list[int]:
        return [proxy.status(f"11.{network}.{number}.1", account, "qwerty") for number in range(times)]

    proxy.expect("an account is locked", guessed("mallory", 4, 70), [401, 401, 401, 429])
    proxy.expect("another has two failures", guessed("trudy", 2, 71), [401, 401])
    with Load(proxy.port) as load:
        time.sleep(0.5)
        proxy.apply(policy)
        wait_for(f"{proxy.name} takes the policy without the list", lambda: proxy.status(REFUSED, "walter") == 200)
        time.sleep(0.5)
        proxy.expect("the lock after a change", proxy.status("11.72.0.1", "mallory"), 429)
        proxy.expect("the failures after a change", guessed("trudy", 2, 73), [401, 429])
        log = Log(proxy.log)
        proxy.apply(broken(changed(policy)))
        wait_for(f"{proxy.name} says what is wrong", lambda: "sideways" in log.read_text())
        time.sleep(1)
        proxy.expect("the old policy, while the new one is broken", proxy.status(REFUSED, "walter"), 200)
        proxy.expect("the lock, while the new policy is broken", proxy.status("11.74.0.1", "mallory"), 429)
        proxy.apply(changed(policy))
        wait_for(f"{proxy.name} takes the mended policy", lambda: proxy.status(REFUSED, "victor") == 403)
        proxy.expect("the lock after the mended policy", proxy.status("11.75.0.1", "mallory"), 429)
    proxy.expect("what became of the load", set(load.answers), {"200"})
    said = next(line for line in log.read_text().splitlines() if "sideways" in line)
    return f"{load.answers['200']} requests during three changes, none lost; the broken one in its log:\n    {said.strip()[:300]}"
