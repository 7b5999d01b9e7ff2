"""What curl and wget write."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

BASE, SCENARIOS = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
FOLDER = pathlib.Path(tempfile.mkdtemp())


def run(*command):
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=FOLDER, timeout=30)


def version(program):
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[
        {"curl": 1, "wget": 2}[program]
    ]


CURL, WGET = f"curl@{version('curl')}", f"wget@{version('wget')}"


def url(client, scenario):
    return f"{BASE}/c/{client}/{scenario['name']}{scenario['target']}"


def quoted(text):
    """As curl's -F reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def part(number, field):
    if "value" in field:
        return ["--form-string", f"{field['name']}={field['value']}"]
    path = FOLDER / f"file-{number}"
    path.write_bytes(base64.b64decode(field["base64"]))
    filename = f";filename={quoted(field['filename'])}" if field["filename"] else ""
    return ["-F", f"{field['name']}=@{quoted(str(path))};type={field['type']}{filename}"]


def with_curl(scenario):
    curl = ["curl", "-s", "--globoff", "--path-as-is", "-o", "/dev/null"]
    fields = scenario.get("fields", [])
    match scenario["place"]:
        case "form" | "path":
            arguments = [part for field in fields for part in ("--data-urlencode", f"{field['name']}={field['value']}")]
            run(*curl, *arguments, url(f"{CURL}~data-urlencode", scenario))
            if not any(set("&+%;=#\r") & set(field["name"] + field["value"]) for field in fields):
                arguments = [part for field in fields for part in ("-d", f"{field['name']}={field['value']}")]
                run(*curl, *arguments, url(f"{CURL}~data", scenario))
        case "multipart":
            arguments = [argument for number, field in enumerate(fields) for argument in part(number, field)]
            run(*curl, *arguments, url(f"{CURL}~form", scenario))
            if scenario["core"]:
                run(*curl, "--form-escape", *arguments, url(f"{CURL}~form-escape", scenario))
        case "json":
            text = scenario.get("text") or json.dumps(scenario["json"], ensure_ascii=False)
            run(*curl, "--json", text, url(f"{CURL}~json", scenario))
            if scenario["core"]:
                run(
                    *curl,
                    "-H",
                    "Content-Type: application/json",
                    "--data-binary",
                    text,
                    url(f"{CURL}~data-binary", scenario),
                )
        case "query":
            arguments = [part for field in fields for part in ("--data-urlencode", f"{field['name']}={field['value']}")]
            run(*curl, "-G", *arguments, url(f"{CURL}~get", scenario))
        case "basic":
            run(*curl, "-u", f"{scenario['user']}:{scenario['password']}", url(f"{CURL}~user", scenario))
        case "bearer":
            run(*curl, "--oauth2-bearer", scenario["token"], url(f"{CURL}~oauth2-bearer", scenario))
            run(*curl, "-H", f"Authorization: Bearer {scenario['token']}", url(f"{CURL}~header", scenario))
        case "cookie":
            jar = str(FOLDER / "jar")
            run(*curl, "-c", jar, f"{BASE}/c/{CURL}~jar/{scenario['name']}/set")
            run(*curl, "-b", jar, url(f"{CURL}~jar", scenario))
            (FOLDER / "jar").unlink(missing_ok=True)
            run(
                *curl,
                "-b",
                "; ".join(f"{name}={value}" for name, value in scenario["cookies"]),
                url(f"{CURL}~cookie", scenario),
            )


def with_wget(scenario):
    wget = ["wget", "-q", "-O", "/dev/null", "--tries=1"]
    match scenario["place"]:
        case "form":
            data = urllib.parse.urlencode([(field["name"], field["value"]) for field in scenario["fields"]])
            run(*wget, "--post-data", data, url(f"{WGET}~post-data", scenario))
        case "json":
            text = scenario.get("text") or json.dumps(scenario["json"])
            run(
                *wget,
                "--header",
                "Content-Type: application/json",
                "--post-data",
                text,
                url(f"{WGET}~post-data", scenario),
            )
        case "basic":
            credentials = ["--user", scenario["user"], "--password", scenario["password"]]
            run(*wget, *credentials, url(f"{WGET}~user", scenario))
            run(*wget, "--auth-no-challenge", *credentials, url(f"{WGET}~no-challenge", scenario))
        case "path":
            run(*wget, "--post-data", "password=pw", url(f"{WGET}~path", scenario))
        case "cookie":
            jar = str(FOLDER / "jar")
            run(*wget, "--keep-session-cookies", "--save-cookies", jar, f"{BASE}/c/{WGET}~jar/{scenario['name']}/set")
            run(*wget, "--load-cookies", jar, url(f"{WGET}~jar", scenario))


for each in SCENARIOS:
    with_curl(each)
    if each["core"]:
        with_wget(each)
