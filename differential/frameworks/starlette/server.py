"""Starlette, behind uvicorn."""

from answer import COOKIES, FIELDS, Answer, basic, bearer, json_members
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route


async def answer(request, route):
    out = Answer(route)
    if route == "user":
        out.put("segment", lambda: request.path_params["name"])
    body = await request.body()  # kept, so that it can be read as JSON too
    form, query = await request.form(), request.query_params

    def uploads(key):
        return [each.file.read() for each in form.getlist(key) if isinstance(each, UploadFile)]

    for field, key in FIELDS:
        out.put(f"form.{field} form.get", lambda: form.get(key) if isinstance(form.get(key), str) else None)
        out.put(f"form.{field} form.getlist", lambda: [each for each in form.getlist(key) if isinstance(each, str)])
        out.put(f"multipart.{field} UploadFile", lambda: uploads(key))
        out.put(f"query.{field} request.query_params.get", lambda: query.get(key))
        out.put(f"query.{field} request.query_params.getlist", lambda: query.getlist(key))
    if body:
        try:
            document = await request.json()
        except ValueError:
            document = None
        json_members(out, "request.json()", lambda: document)
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.cookies.get", lambda: request.cookies.get(cookie))
    basic(out, request.headers.get("Authorization"))
    bearer(out, request.headers.get("Authorization"))
    return Response(out.dumps(), media_type="application/json")


def endpoint(route):
    async def handle(request):
        return await answer(request, route)

    return handle


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
app = Starlette(
    routes=[
        Route("/login", endpoint("login"), methods=["POST"]),
        Route("/login/code", endpoint("code"), methods=["POST"]),
        Route("/account", endpoint("account"), methods=["GET"]),
        Route("/users/{name}/login", endpoint("user"), methods=["GET", "POST"]),
        Route("/admin", endpoint("admin"), methods=["GET"]),
        Route("/{rest:path}", endpoint(None), methods=METHODS),
    ]
)
