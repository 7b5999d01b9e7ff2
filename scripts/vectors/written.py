"""What clients write that cannot run everywhere, after their public sources."""

import base64
import json
import re
from urllib.parse import quote, quote_plus

CRLF = "\r\n"
GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def joined(boundary, parts):
    """A multipart body; each part is its header lines and its content."""
    body = b""
    for lines, content in parts:
        body += (
            (f"--{boundary}" + CRLF + "".join(line + CRLF for line in lines) + CRLF).encode() + content + CRLF.encode()
        )
    return body + f"--{boundary}--{CRLF}".encode()


def content(field):
    return field["value"].encode() if "value" in field else base64.b64decode(field["base64"])


def dotnet_name(text):
    """Quoted only where it is no token, and encoded as in mail where it is not ASCII."""
    if not text.isascii():
        return f'"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="'
    return text if re.fullmatch(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+", text) else f'"{text}"'


def dotnet(scenario):
    """System.Net.Http: FormUrlEncodedContent, MultipartFormDataContent, JsonContent."""
    match scenario["place"]:
        case "form":
            body = "&".join(
                f"{quote_plus(f['name'], safe='~')}={quote_plus(f['value'], safe='~')}" for f in scenario["fields"]
            )
            return "formurlencodedcontent", "application/x-www-form-urlencoded", body.encode()
        case "multipart" if all(f.get("filename", "x").replace('"', "") for f in scenario["fields"]):
            parts = []
            for field in scenario["fields"]:
                kind, file = field.get("type", "text/plain; charset=utf-8"), ""
                if "filename" in field:
                    if '"' in field["filename"]:
                        return None
                    name = field["filename"]
                    file = f"; filename={dotnet_name(name)}; filename*=utf-8''{quote(name, safe='')}"
                lines = [
                    f"Content-Type: {kind}",
                    f"Content-Disposition: form-data; name={dotnet_name(field['name'])}{file}",
                ]
                parts.append((lines, content(field)))
            return "multipartformdatacontent", f'multipart/form-data; boundary="{GUID}"', joined(GUID, parts)
        case "json" if "json" in scenario:
            text = json.dumps(scenario["json"], separators=(",", ":"))
            escaped = re.sub(r"[&'<>+`]", lambda sign: f"\\u{ord(sign[0]):04X}", text).replace('\\"', "\\u0022")
            return "jsoncontent", "application/json; charset=utf-8", escaped.encode()
    return None


def dart_name(text):
    return re.sub(r"\r\n|\r|\n", "%0D%0A", text).replace('"', "%22")


def dart(scenario):
    """package:http."""
    boundary = "dart-http-boundary-" + "Ab1+" * 12 + "_-x"
    match scenario["place"]:
        case "form":
            body = "&".join(
                f"{quote_plus(f['name'], safe='~')}={quote_plus(f['value'], safe='~')}" for f in scenario["fields"]
            )
            return "post", "application/x-www-form-urlencoded; charset=utf-8", body.encode()
        case "multipart":
            parts = []
            # All texts stand before all files.
            for field in sorted(scenario["fields"], key=lambda field: "filename" in field):
                disposition = f'content-disposition: form-data; name="{dart_name(field["name"])}"'
                if "filename" in field:
                    lines = [
                        f"content-type: {field['type']}",
                        f'{disposition}; filename="{dart_name(field["filename"])}"',
                    ]
                elif field["value"].isascii():
                    lines = [disposition]
                else:
                    lines = [
                        disposition,
                        "content-type: text/plain; charset=utf-8",
                        "content-transfer-encoding: binary",
                    ]
                parts.append((lines, content(field)))
            return "multipartrequest", f"multipart/form-data; boundary={boundary}", joined(boundary, parts)
        case "json" if "json" in scenario:
            body = json.dumps(scenario["json"], separators=(",", ":"), ensure_ascii=False)
            return "post", "application/json; charset=utf-8", body.encode()
    return None


def alamofire(scenario):
    """Alamofire over URLSession."""
    boundary = "alamofire.boundary.0a1b2c3d4e5f6071"
    match scenario["place"]:
        case "form":
            body = "&".join(
                f"{quote(f['name'], safe='~?/')}={quote(f['value'], safe='~?/')}" for f in scenario["fields"]
            )
            return "urlencoding", "application/x-www-form-urlencoded; charset=utf-8", body.encode()
        case "multipart" if not any('"' in f.get("filename", "") for f in scenario["fields"]):
            parts = []
            for field in scenario["fields"]:
                file = f'; filename="{field["filename"]}"' if field.get("filename") else ""
                lines = [f'Content-Disposition: form-data; name="{field["name"]}"{file}']
                lines += [f"Content-Type: {field['type']}"] if "type" in field else []
                parts.append((lines, content(field)))
            return "multipartformdata", f"multipart/form-data; boundary={boundary}", joined(boundary, parts)
        case "json" if "json" in scenario:
            # JSONSerialization escapes slashes.
            body = json.dumps(scenario["json"], separators=(",", ":"), ensure_ascii=False).replace("/", "\\/")
            return "jsonencoding", "application/json", body.encode()
    return None


CLIENTS = {
    "dotnet": (dotnet, "written by hand after dotnet/runtime, System.Net.Http"),
    "dart-http": (dart, "written by hand after dart-lang/http"),
    "alamofire": (alamofire, "written by hand after Alamofire/Alamofire"),
}


def written(scenarios):
    """The vectors of each client, by what they are called."""
    for client, (write, source) in CLIENTS.items():
        vectors = {}
        for scenario in scenarios:
            found = write(scenario) if scenario["core"] else None
            if found is None:
                continue
            way, kind, body = found
            headers = [["host", "example.com"], ["content-type", kind], ["content-length", str(len(body))]]
            vectors[way, scenario["name"]] = {
                "client": f"{client} {way}",
                "source": source,
                "version": "",
                "scenario": scenario["name"],
                "place": scenario["place"],
                "field": scenario["field"],
                "target": scenario["target"],
                "method": "POST",
                "headers": headers,
                "body_base64": base64.b64encode(body).decode(),
                "account": scenario["account"],
                "session": scenario["session"],
            }
        yield client, vectors
