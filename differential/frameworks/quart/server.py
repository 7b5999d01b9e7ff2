"""Quart, behind hypercorn."""

from answer import COOKIES, FIELDS, Answer, bearer, json_members
from quart import Quart, request

app = Quart(__name__)


async def answer(route, name=None):
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: [name, request.view_args.get("name")])
    await request.get_data()  # kept, so that it can be read as JSON too
    # Errors of the parsers are the framework's own answer.
    form, files, query, values = await request.form, await request.files, request.args, await request.values
    for field, key in FIELDS:
        out.put(f"form.{field} request.form.get", lambda: form.get(key))
        out.put(f"form.{field} request.form.getlist", lambda: form.getlist(key))
        out.put(f"multipart.{field} request.files", lambda: [each.stream.read() for each in files.getlist(key)])
        out.put(f"query.{field} request.args.get", lambda: query.get(key))
        out.put(f"query.{field} request.args.getlist", lambda: query.getlist(key))
        out.put(f"any.{field} request.values.get", lambda: values.get(key))
        out.put(f"any.{field} request.values.getlist", lambda: values.getlist(key))
    strict, forced = await request.get_json(silent=True), await request.get_json(force=True, silent=True)
    json_members(out, "request.get_json()", lambda: strict)
    json_members(out, "request.get_json(force=True)", lambda: forced)
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
async def login():
    return await answer("login")


@app.post("/login/code")
async def code():
    return await answer("code")


@app.get("/account")
async def account():
    return await answer("account")


@app.route("/users/<name>/login", methods=["GET", "POST"])
async def user(name):
    return await answer("user", name)


@app.get("/admin")
async def admin():
    return await answer("admin")


@app.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def anything(rest):
    return await answer(None)
