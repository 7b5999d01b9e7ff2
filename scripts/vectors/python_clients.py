"""What the HTTP clients of Python write."""

import asyncio
import base64
import http.cookiejar
import json
import sys
import urllib.parse
import urllib.request

import aiohttp
import httpx
import requests

BASE, SCENARIOS = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
CORE = [scenario for scenario in SCENARIOS if scenario["core"]]
PYTHON = sys.version.split()[0]
FORM = "application/x-www-form-urlencoded"


def url(client, scenario):
    return f"{BASE}/c/{client}/{scenario['name']}{scenario['target']}"


def jar(client, scenario):
    return f"{BASE}/c/{client}/{scenario['name']}/set"


def pairs(scenario):
    return [(field["name"], field["value"]) for field in scenario["fields"] if "value" in field]


def parts(scenario):
    """Each with what requests and httpx take for it: no file name for a text."""
    for field in scenario["fields"]:
        if "value" in field:
            yield field["name"], (None, field["value"].encode())
        else:
            yield field["name"], (field["filename"], base64.b64decode(field["base64"]), field["type"])


def files(scenario):
    return [(name, part) for name, part in parts(scenario) if part[0] is not None]


def mixed(scenario):
    """Texts as a dictionary: those with one name are a list."""
    texts = {}
    for name, value in pairs(scenario):
        texts.setdefault(name, []).append(value)
    return texts


def attempt(write, scenario):
    """What a client cannot write is no request."""
    try:
        write(scenario)
    except Exception as error:  # noqa: BLE001
        print(f"{write.__qualname__} {scenario['name']}: {error!r}", file=sys.stderr)


def with_requests(scenario):
    client = f"requests@{requests.__version__}"
    session = requests.Session()
    match scenario["place"]:
        case "form":
            session.post(url(f"{client}~data", scenario), data=pairs(scenario))
        case "multipart":
            session.post(url(f"{client}~files", scenario), files=list(parts(scenario)))
            if files(scenario):
                session.post(url(f"{client}~data-files", scenario), data=mixed(scenario), files=files(scenario))
        case "json" if "text" in scenario:
            session.post(
                url(f"{client}~data", scenario),
                data=scenario["text"].encode(),
                headers={"content-type": "application/json"},
            )
        case "json":
            session.post(url(f"{client}~json", scenario), json=scenario["json"])
        case "query":
            session.get(url(f"{client}~params", scenario), params=pairs(scenario))
        case "basic":
            auth = (scenario["user"].encode(), scenario["password"].encode())
            session.get(url(f"{client}~auth", scenario), auth=auth)
        case "bearer":
            session.get(url(f"{client}~header", scenario), headers={"Authorization": "Bearer " + scenario["token"]})
        case "path":
            session.post(url(f"{client}~path", scenario), data=pairs(scenario))
        case "cookie":
            session.get(jar(f"{client}~jar", scenario))
            session.get(url(f"{client}~jar", scenario))
            requests.get(url(f"{client}~cookies", scenario), cookies=dict(scenario["cookies"]))


def with_httpx(scenario):
    client = f"httpx@{httpx.__version__}"
    with httpx.Client() as session:
        match scenario["place"]:
            case "form":
                session.post(url(f"{client}~data", scenario), data=mixed(scenario))
            case "multipart":
                session.post(url(f"{client}~files", scenario), files=list(parts(scenario)))
                if files(scenario):
                    session.post(url(f"{client}~data-files", scenario), data=mixed(scenario), files=files(scenario))
            case "json" if "json" in scenario:
                session.post(url(f"{client}~json", scenario), json=scenario["json"])
            case "query":
                session.get(url(f"{client}~params", scenario), params=pairs(scenario))
            case "basic":
                session.get(url(f"{client}~auth", scenario), auth=(scenario["user"], scenario["password"]))
            case "bearer":
                session.get(url(f"{client}~header", scenario), headers={"Authorization": "Bearer " + scenario["token"]})
            case "cookie":
                session.get(jar(f"{client}~jar", scenario))
                session.get(url(f"{client}~jar", scenario))


def with_urllib(scenario):
    client = f"urllib@{PYTHON}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    match scenario["place"]:
        case "form":
            opener.open(url(f"{client}~urlencode", scenario), urllib.parse.urlencode(pairs(scenario)).encode())
        case "json" if "json" in scenario:
            request = urllib.request.Request(
                url(f"{client}~json", scenario),
                json.dumps(scenario["json"]).encode(),
                {"Content-Type": "application/json"},
            )
            opener.open(request)
        case "query":
            opener.open(url(f"{client}~urlencode", scenario) + "?" + urllib.parse.urlencode(pairs(scenario)))
        case "basic":
            manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            manager.add_password(None, BASE, scenario["user"], scenario["password"])
            opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
            opener.open(url(f"{client}~auth", scenario))
        case "cookie":
            opener.open(jar(f"{client}~jar", scenario))
            opener.open(url(f"{client}~jar", scenario))


async def with_aiohttp(scenario):
    client = f"aiohttp@{aiohttp.__version__}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        match scenario["place"]:
            case "form":
                await session.post(url(f"{client}~data", scenario), data=pairs(scenario))
            case "multipart":
                data = aiohttp.FormData()
                for name, (filename, content, *kind) in parts(scenario):
                    if filename is None:
                        data.add_field(name, content.decode())
                    else:
                        data.add_field(name, content, filename=filename, content_type=kind[0])
                # Without a file it would be urlencoded.
                if data.is_multipart:
                    await session.post(url(f"{client}~formdata", scenario), data=data)
                with aiohttp.MultipartWriter("form-data") as writer:
                    for name, (filename, content, *kind) in parts(scenario):
                        part = writer.append(content if filename is not None else content.decode())
                        names = {"name": name, **({"filename": filename} if filename is not None else {})}
                        part.set_content_disposition("form-data", **names)
                await session.post(url(f"{client}~writer", scenario), data=writer)
            case "json" if "json" in scenario:
                await session.post(url(f"{client}~json", scenario), json=scenario["json"])
            case "query":
                await session.get(url(f"{client}~params", scenario), params=pairs(scenario))
            case "basic":
                auth = aiohttp.BasicAuth(scenario["user"], scenario["password"], "utf-8")
                await session.get(url(f"{client}~auth", scenario), auth=auth)
            case "cookie":
                await session.get(jar(f"{client}~jar", scenario))
                await session.get(url(f"{client}~jar", scenario))


async def asynchronous():
    for scenario in CORE:
        try:
            await with_aiohttp(scenario)
        except Exception as error:  # noqa: BLE001
            print(f"aiohttp {scenario['name']}: {error!r}", file=sys.stderr)


for each in SCENARIOS:
    attempt(with_requests, each)
for each in CORE:
    attempt(with_httpx, each)
    attempt(with_urllib, each)
asyncio.run(asynchronous())
