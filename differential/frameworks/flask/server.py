"""Flask, behind gunicorn."""

from answer import COOKIES, FIELDS, Answer, bearer, json_members
from flask import Flask, request

app = Flask(__name__)


def answer(route, name=None):
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: [name, request.view_args.get("name")])
    request.get_data()  # kept, so that it can be read as JSON too
    # Errors of the parsers are the framework's own answer.
    form, files, query, values = request.form, request.files, request.args, request.values
    for field, key in FIELDS:
        out.put(f"form.{field} request.form.get", lambda: form.get(key))
        out.put(f"form.{field} request.form.getlist", lambda: form.getlist(key))
        out.put(f"multipart.{field} request.files", lambda: [each.stream.read() for each in files.getlist(key)])
        out.put(f"query.{field} request.args.get", lambda: query.get(key))
        out.put(f"query.{field} request.args.getlist", lambda: query.getlist(key))
        out.put(f"any.{field} request.values.get", lambda: values.get(key))
        out.put(f"any.{field} request.values.getlist", lambda: values.getlist(key))
    json_members(out, "request.get_json()", lambda: request.get_json(silent=True))
    json_members(out, "request.get_json(force=True)", lambda: request.get_json(force=True, silent=True))
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.cookies.get", lambda: request.cookies.get(cookie))
        out.put(f"cookie.{cookie} request.cookies.getlist", lambda: request.cookies.getlist(cookie))
    given = request.authorization
    if given is not None:
        out.put("basic request.authorization", lambda: given.username if given.type == "basic" else None)
        out.put("bearer request.authorization", lambda: given.token if given.type == "bearer" else None)
    bearer(out, request.headers.get("Authorization"))
    return app.response_class(out.dumps(), mimetype="application/json")


@app.post("/login")
def login():
    return answer("login")


@app.post("/login/code")
def code():
    return answer("code")


@app.get("/account")
def account():
    return answer("account")


@app.route("/users/<name>/login", methods=["GET", "POST"])
def user(name):
    return answer("user", name)


@app.get("/admin")
def admin():
    return answer("admin")


@app.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def anything(rest):
    return answer(None)
