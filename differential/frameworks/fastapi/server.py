"""FastAPI, behind uvicorn: parameters as its functions declare them."""

from typing import Annotated

from answer import Answer
from fastapi import Cookie, Depends, FastAPI, Form, HTTPException, Query, Request, Response
from fastapi.security import HTTPBasic, HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
schemes = {"HTTPBasic": HTTPBasic(auto_error=False), "HTTPBearer": HTTPBearer(auto_error=False)}
oauth = OAuth2PasswordBearer("token", auto_error=False)
Texts = list[str] | None


class User(BaseModel):
    model_config = ConfigDict(extra="ignore")
    email: str | int | Texts = None


class Document(User):
    user: User | None = None


async def head(
    request: Request,
    one: Annotated[str | None, Query(alias="email")] = None,
    nested: Annotated[str | None, Query(alias="user[email]")] = None,
    all: Annotated[Texts, Query(alias="email")] = None,
    all_nested: Annotated[Texts, Query(alias="user[email]")] = None,
    sid: Annotated[str | None, Cookie()] = None,
):
    """What stands in the head."""
    out = Answer(None)
    out.put("query.email Query()", lambda: [one, all])
    out.put("query.user.email Query()", lambda: [nested, all_nested])
    out.put("cookie.sid Cookie()", lambda: sid)
    try:
        given = await schemes["HTTPBasic"](request)
        out.put("basic HTTPBasic", lambda: given.username if given else None)
    except HTTPException:
        pass
    token = await schemes["HTTPBearer"](request)
    out.put("bearer HTTPBearer", lambda: token.credentials if token else None)
    other = await oauth(request)
    out.put("bearer OAuth2PasswordBearer", lambda: other)
    return out


Head = Annotated[Answer, Depends(head)]


async def form(
    email: Annotated[str | None, Form()] = None,
    user: Annotated[str | None, Form(alias="user[email]")] = None,
    all: Annotated[Texts, Form(alias="email")] = None,
    all_user: Annotated[Texts, Form(alias="user[email]")] = None,
):
    return {"form.email Form()": [email, all], "form.user.email Form()": [user, all_user]}


def answer(out, route, found=()):
    out["route"] = route
    for key, value in dict(found).items():
        out.put(key, lambda: value)
    return Response(out.dumps(), media_type="application/json")


@app.post("/login")
async def login(request: Request, out: Head):
    """One path for both kinds of body, each by the function that declares it."""
    kind = request.headers.get("content-type", "").lower()
    is_form = "x-www-form-urlencoded" in kind or "form-data" in kind
    return await forward(request, out, "/form" if is_form else "/json", "login")


async def forward(request, out, path, route):
    """The answer of the function behind `path`, which FastAPI gives the same request."""
    body, sent = await request.body(), []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = dict(request.scope, path=path, raw_path=path.encode(), query_string=b"")
    for key in ("app", "router", "endpoint", "route", "path_params", "state"):
        scope.pop(key, None)
    await inner(scope, receive, send)
    status = sent[0]["status"]
    if status != 200:
        raise HTTPException(status)
    import json

    return answer(out, route, json.loads(b"".join(message.get("body", b"") for message in sent[1:])))


inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@inner.api_route("/form", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def by_form(found: Annotated[dict, Depends(form)]):
    return found


@inner.api_route("/json", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def by_json(document: Document | None = None):
    if document is None:
        return {}
    return {"json.email Body()": document.email, "json.user.email Body()": document.user.email if document.user else None}


@app.post("/login/code")
async def code(out: Head):
    return answer(out, "code")


@app.get("/account")
async def account(out: Head):
    return answer(out, "account")


@app.api_route("/users/{name}/login", methods=["GET", "POST"])
async def user(name: str, out: Head):
    return answer(out, "user", {"segment": name})


@app.get("/admin")
async def admin(out: Head):
    return answer(out, "admin")


@app.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def anything(request: Request, out: Head):
    return answer(out, None)
