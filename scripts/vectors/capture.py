"""Records what real HTTP clients write when a person logs in, as vectors: `capture.py NAME:COMMAND..`.

Each command is run with the address of the recorder and a file of scenarios. A client sends each scenario to
`/c/CLIENT@VERSION~WAY/SCENARIO` followed by the target.
"""

import asyncio
import base64
import json
import pathlib
import re
import shlex
import sys
import tempfile

from scenarios import scenarios
from written import written

VECTORS = pathlib.Path(__file__).parents[2] / "tests/vectors/clients"
# They say how the answer is wanted or what the client is, not who logs in.
DROPPED = re.compile(
    r"(accept|accept-(encoding|language|charset)|cache-control|connection|dnt|keep-alive|pragma|priority|sec-.*|te"
    r"|upgrade(-insecure-requests)?|user-agent|http2-settings)$"
)


class Recorder:
    """A server that answers anything and keeps what was asked."""

    def __init__(self):
        self.scenarios = {scenario["name"]: scenario for scenario in scenarios()}
        for name in ("text-plain", "text-fetch", "text-beacon"):
            self.scenarios[name] = {"name": name, "place": "form", "field": "email", "account": None, "session": None}
        self.vectors = {}
        self.done = asyncio.Event()
        self.address = ""

    async def serve(self, reader, writer):
        try:
            while await self.answer(reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        request, *lines = head[:-4].split(b"\r\n")
        method, target, _ = request.decode("latin-1").split(" ")
        headers = []
        for line in lines:
            name, _, value = line.partition(b":")
            headers.append([name.decode("ascii").lower(), value.strip(b" \t").decode("utf-8", "surrogateescape")])
        known = dict(headers)
        if known.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
        if known.get("transfer-encoding", "").lower() == "chunked":
            body = await self.chunks(reader)
        else:
            body = await reader.readexactly(int(known.get("content-length", 0)))
        status, more, content = self.handle(method, target, headers, body)
        answer = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(content)}", *more]
        writer.write("\r\n".join([*answer, "", ""]).encode() + (content if method != "HEAD" else b""))
        return known.get("connection", "").lower() != "close"

    async def chunks(self, reader):
        body = b""
        while True:
            size = int((await reader.readline()).split(b";")[0], 16)
            body += await reader.readexactly(size)
            await reader.readline()
            if size == 0:
                return body

    def handle(self, method, target, headers, body):
        if target == "/browser":
            return "200 OK", [], (pathlib.Path(__file__).parent / "browser.html").read_bytes()
        if target == "/scenarios":
            return "200 OK", [], json.dumps(list(self.scenarios.values())[:-3]).encode()
        if target == "/done":
            self.done.set()
            return "200 OK", [], b""
        found = re.match(r"/c/([^/@]+)@([^/~]+)~([^/]+)/([^/]+)(/.*)", target)
        if not found:
            return "404 Not Found", [], b""
        client, version, way, name, rest = found.groups()
        scenario = self.scenarios[name]
        base = f"/c/{client}@{version}~{way}/{name}"
        if rest == "/set":
            return (
                "200 OK",
                [
                    f"Set-Cookie: {key}={value}; Path={base}" + ("; Secure" if key.startswith("__") else "")
                    for key, value in scenario["cookies"]
                ],
                b"",
            )
        if scenario["place"] == "basic" and "authorization" not in dict(headers):
            return "401 Unauthorized", ['WWW-Authenticate: Basic realm="x", charset="UTF-8"'], b""
        here = self.address
        kept = [
            [
                key,
                value.replace(base, "")
                .replace(f"http://{here}", "https://example.com")
                .replace(here, "example.com")
                .replace("127.0.0.1", "example.com"),
            ]
            for key, value in headers
            if not DROPPED.match(key)
        ]
        kept_cookies = "; ".join(value for key, value in headers if key == "cookie")
        if scenario["place"] == "cookie" and f"{scenario['field']}=" not in kept_cookies.replace(
            f"x{scenario['field']}=", ""
        ):
            print(f"vectors: {client} {way} {name}: keeps no {scenario['field']}", file=sys.stderr)
            return "200 OK", [], b""
        if way == "error":
            print(f"{client} {name}: {body.decode()}", file=sys.stderr)
            return "200 OK", [], b""
        if any("\udc80" <= character <= "\udcff" for _, value in kept for character in value):
            # Some write cookies in ISO-8859-1.
            kept = [
                [key, {"base64": base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()}]
                for key, value in kept
            ]
        self.vectors.setdefault(client, {})[way, name] = {
            "client": f"{client} {way}",
            "source": "captured",
            "version": version,
            "scenario": name,
            "place": scenario["place"],
            "field": scenario["field"],
            "target": rest,
            "method": method,
            "headers": kept,
            "body_base64": base64.b64encode(body).decode(),
            "account": scenario["account"],
            "session": scenario["session"],
        }
        return "200 OK", [], b"<!doctype html><title>Welcome</title>"


def write(client, vectors):
    path = VECTORS / f"{client}.json"
    lines = ",\n".join(json.dumps(vectors[key], ensure_ascii=False) for key in sorted(vectors))
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"vectors: {client}: {len(vectors)}", file=sys.stderr)


async def main():
    recorder = Recorder()
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=1 << 20)
    recorder.address = "127.0.0.1:{}".format(server.sockets[0].getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "scenarios.json"
        path.write_text(json.dumps(scenarios(), ensure_ascii=False), encoding="utf-8")
        for argument in sys.argv[1:]:
            kind, _, command = argument.partition(":")
            if kind == "browser":
                # It goes through the page by itself and says when it is through.
                recorder.done.clear()
                name = command.split("@")[0]
                profile = pathlib.Path(folder) / name
                profile.mkdir()
                program, version = command.split("@")[1:]
                page = f"http://{recorder.address}/browser#{name}@{version}"
                options = (
                    ["--headless", "--no-remote", "--profile", profile]
                    if name == "firefox"
                    else ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
                )
                process = await asyncio.create_subprocess_exec(
                    program, *options, page, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
                )
                try:
                    await asyncio.wait_for(recorder.done.wait(), 300)
                finally:
                    process.terminate()
                    await process.wait()
            else:
                process = await asyncio.create_subprocess_exec(
                    *shlex.split(command), f"http://{recorder.address}", str(path)
                )
                if await process.wait() != 0:
                    sys.exit(f"vectors: {kind} failed")
    server.close()
    VECTORS.mkdir(parents=True, exist_ok=True)
    for client, vectors in sorted(recorder.vectors.items()):
        write(client, vectors)
    for client, vectors in written(scenarios()):
        write(client, vectors)


asyncio.run(main())
