"""Bottle, behind gunicorn."""

import bottle
from answer import COOKIES, FIELDS, Answer, bearer, json_members
from bottle import request

app = bottle.Bottle()
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def native(value):
    """The bytes behind a text of WSGI, which is in Latin-1 whatever it holds."""
    if isinstance(value, list):
        return [native(each) for each in value]
    return value.encode("latin-1") if isinstance(value, str) else value


def answer(route, name=None):
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: [name, request.url_args.get("name")])
    form, query, params, files = request.forms, request.query, request.params, request.files
    for field, key in FIELDS:
        out.put(f"form.{field} request.forms.get", lambda: native(form.get(key)))
        out.put(f"form.{field} request.forms.getunicode", lambda: form.getunicode(key))
        out.put(f"form.{field} request.forms.getall", lambda: native(form.getall(key)))
        out.put(f"multipart.{field} request.files", lambda: [each.file.read() for each in files.getall(key)])
        out.put(f"query.{field} request.query.get", lambda: native(query.get(key)))
        out.put(f"query.{field} request.query.getunicode", lambda: query.getunicode(key))
        out.put(f"query.{field} request.query.getall", lambda: native(query.getall(key)))
        out.put(f"any.{field} request.params.get", lambda: native(params.get(key)))
        out.put(f"any.{field} request.params.getunicode", lambda: params.getunicode(key))
        out.put(f"any.{field} request.params.getall", lambda: native(params.getall(key)))
    json_members(out, "request.json", lambda: request.json)
    json_members(out, "json_loads(request.body)", lambda: bottle.json_loads(request.body.read()))
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.get_cookie", lambda: request.get_cookie(cookie))
    given = request.auth
    out.put("basic request.auth", lambda: given[0] if given else None)
    bearer(out, request.get_header("Authorization"))
    bottle.response.content_type = "application/json"
    return out.dumps()


@app.post("/login")
def login():
    return answer("login")


@app.post("/login/code")
def code():
    return answer("code")


@app.get("/account")
def account():
    return answer("account")


@app.route("/users/<name>/login", method=["GET", "POST"])
def user(name):
    return answer("user", name)


@app.get("/admin")
def admin():
    return answer("admin")


@app.route("/", method=METHODS)
@app.route("/<rest:path>", method=METHODS)
def anything(rest=None):
    return answer(None)
