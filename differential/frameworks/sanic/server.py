"""Sanic, by its own server."""

import logging
import sys

from answer import COOKIES, FIELDS, Answer, basic, json_members
from sanic import Sanic
from sanic.response import text

logging.disable(logging.CRITICAL)
app = Sanic("differential", configure_logging=False)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def answer(request, route, name=None):
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: [name, request.match_info["name"]])
    form, query, files = request.form or {}, request.args, request.files or {}
    for field, key in FIELDS:
        out.put(f"form.{field} request.form.get", lambda: form.get(key))
        out.put(f"form.{field} request.form.getlist", lambda: form.getlist(key))
        out.put(f"multipart.{field} request.files", lambda: [each.body for each in files.getlist(key)])
        out.put(f"query.{field} request.args.get", lambda: query.get(key))
        out.put(f"query.{field} request.args.getlist", lambda: query.getlist(key))
    json_members(out, "request.json", lambda: request.json)
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.cookies.get", lambda: request.cookies.get(cookie))
        out.put(f"cookie.{cookie} request.cookies.getlist", lambda: request.cookies.getlist(cookie))
    given = request.credentials
    if given is not None:
        out.put("basic request.credentials", lambda: given.username if given.auth_type == "Basic" else None)
        out.put("bearer request.credentials", lambda: given.token if given.auth_type == "Bearer" else None)
        out.put("bearer request.token", lambda: request.token)
    basic(out, request.headers.get("authorization"))
    return text(out.dumps(), content_type="application/json")


@app.post("/login")
async def login(request):
    return answer(request, "login")


@app.post("/login/code")
async def code(request):
    return answer(request, "code")


@app.get("/account")
async def account(request):
    return answer(request, "account")


@app.route("/users/<name>/login", methods=["GET", "POST"], unquote=True)
async def user(request, name):
    return answer(request, "user", name)


@app.get("/admin")
async def admin(request):
    return answer(request, "admin")


@app.route("/", methods=METHODS)
@app.route("/<rest:path>", methods=METHODS, name="rest")
async def anything(request, rest=""):
    return answer(request, None)


if __name__ == "__main__":
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.run(host="127.0.0.1", port=int(sys.argv[1]), single_process=True, access_log=False, motd=False)
