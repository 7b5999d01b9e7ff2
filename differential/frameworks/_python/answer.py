"""What every Python server of the differential answers: see PROTOCOL.md."""

import base64
import json

ROUTES = ("login", "code", "account", "user", "admin")


def text(value):
    """A text as the protocol has it."""
    if isinstance(value, (bytes, bytearray)):
        raw = bytes(value)
    elif isinstance(value, str):
        try:
            value.encode("utf-8")
            return value
        except UnicodeEncodeError:
            pass
        try:
            raw = value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raw = value.encode("utf-8", "surrogatepass")
    else:
        return json.dumps(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": raw.hex()}


def texts(value):
    """All texts in a value, at any depth."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [each for inner in value.values() for each in texts(inner)]
    if isinstance(value, (list, tuple, set)):
        return [each for inner in value for each in texts(inner)]
    return [text(value)]


class Answer(dict):
    """What the idioms read. Call it with a key and a function that reads; errors of the kinds in `silent` give nothing."""

    def __init__(self, route):
        super().__init__(route=route)

    def put(self, key, read, silent=(KeyError, AttributeError, IndexError, TypeError, ValueError)):
        try:
            found = texts(read())
        except silent:
            return
        if found:
            self[key] = found

    def dumps(self):
        return json.dumps(self)


def member(value, *names):
    """What a JSON document holds at a place; nothing where it has no such place."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def bearer(answer, header):
    """What people write where a framework has no interface for bearer tokens."""
    if header is None:
        return
    answer.put('bearer split(" ")[1]', lambda: header.split(" ")[1] if header.split(" ")[0].lower() == "bearer" else None)
    answer.put("bearer partition", lambda: header.partition(" ")[2] if header.partition(" ")[0].lower() == "bearer" else None)
    answer.put("bearer split()", lambda: header.split()[1] if header.split()[0].lower() == "bearer" else None)
    answer.put(
        'bearer removeprefix("Bearer ")', lambda: header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
    )


# The fields, as keys of an answer and as forms have them.
FIELDS = (("email", "email"), ("user.email", "user[email]"))
COOKIES = ("sid", "email")


def json_members(answer, idiom, document):
    """The fields of a JSON document; `document` is called once, and its errors give nothing."""
    try:
        value = document()
    except Exception:  # whatever a parser throws, an application that catches it reads nothing
        return
    for field, _ in FIELDS:
        answer.put(f"json.{field} {idiom}", lambda: member(value, *field.split(".")))


def basic(answer, header):
    """What documentation and examples write where a framework has no interface for Basic."""
    if header is None:
        return

    def user(decode):
        scheme, credentials = header.split(" ", 1)
        if scheme.lower() != "basic":
            return None
        return decode(credentials).decode("utf-8").partition(":")[0]

    answer.put("basic base64.b64decode", lambda: user(base64.b64decode))
    answer.put("basic base64.urlsafe_b64decode", lambda: user(base64.urlsafe_b64decode))
