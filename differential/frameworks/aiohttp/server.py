"""aiohttp, by its own server."""

import logging
import sys

from aiohttp import BasicAuth, web
from aiohttp.web_request import FileField
from answer import COOKIES, FIELDS, Answer, bearer, json_members

logging.disable(logging.CRITICAL)


def endpoint(route):
    async def handle(request):
        out = Answer(route)
        if route == "user":
            out.put("segment", lambda: request.match_info["name"])
        # A multipart body is read as it arrives, every other one is kept.
        document = None
        if not request.content_type.startswith("multipart/"):
            await request.read()
            try:
                document = await request.json()
            except ValueError:
                pass
        form, query = await request.post(), request.query

        def fields(key, kind):
            return [each for each in form.getall(key) if isinstance(each, kind)]

        for field, key in FIELDS:
            out.put(f"form.{field} request.post()", lambda: [*fields(key, str), *fields(key, bytearray)])
            out.put(f"multipart.{field} FileField", lambda: [each.file.read() for each in fields(key, FileField)])
            out.put(f"query.{field} request.query", lambda: query.getall(key))
        json_members(out, "request.json()", lambda: document)
        for cookie in COOKIES:
            out.put(f"cookie.{cookie} request.cookies", lambda: request.cookies.get(cookie))
        header = request.headers.get("Authorization")
        if header is not None:
            out.put("basic BasicAuth.decode", lambda: BasicAuth.decode(header).login)
        bearer(out, header)
        return web.Response(text=out.dumps(), content_type="application/json")

    return handle


app = web.Application()
app.router.add_post("/login", endpoint("login"))
app.router.add_post("/login/code", endpoint("code"))
app.router.add_get("/account", endpoint("account"))
for method in ("GET", "POST"):
    app.router.add_route(method, "/users/{name}/login", endpoint("user"))
app.router.add_get("/admin", endpoint("admin"))
app.router.add_route("*", "/{rest:.*}", endpoint(None))
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, keepalive_timeout=75)
