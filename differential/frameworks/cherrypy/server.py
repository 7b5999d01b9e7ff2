"""CherryPy, by its own server."""

import json
import sys

import cherrypy
from answer import COOKIES, FIELDS, Answer, basic, bearer, json_members
from cherrypy._cpreqbody import Part


def answer(route, parameters, name=None):
    request = cherrypy.request
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: name)

    def values(given):
        given = given if isinstance(given, list) else [given]
        return [each.fullvalue() if isinstance(each, Part) else each for each in given]

    for field, key in FIELDS:
        out.put(f"any.{field} handler's parameter", lambda: values(parameters.get(key)))
        out.put(f"any.{field} request.params", lambda: values(request.params.get(key)))
        if request.body.processors:
            out.put(f"form.{field} request.body.params", lambda: values(request.body.params.get(key)))
        if not request.body.length:
            out.put(f"query.{field} request.params", lambda: values(request.params.get(key)))
    if getattr(request, "raw", None):
        json_members(out, "json.loads", lambda: json.loads(request.raw))
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.cookie", lambda: request.cookie[cookie].value)
    out.put("basic request.login", lambda: request.login)
    header = request.headers.get("Authorization")
    basic(out, header)
    bearer(out, header)
    cherrypy.response.headers["Content-Type"] = "application/json"
    return out.dumps().encode()


def only(route, *methods):
    def handle(self, *rest, **parameters):
        is_route = cherrypy.request.method in methods and not rest
        return answer(route if is_route else None, parameters)

    return cherrypy.expose(handle)


class Login:
    index = only("login", "POST")
    code = only("code", "POST")
    default = only(None)


class User:
    @cherrypy.expose
    def login(self, name=None, *rest, **parameters):
        is_route = cherrypy.request.method in ("GET", "POST") and not rest
        return answer("user" if is_route else None, parameters, name if is_route else None)

    default = only(None)


@cherrypy.popargs("name", handler=User())
class Users:
    default = only(None)


class Root:
    login = Login()
    users = Users()
    account = only("account", "GET")
    admin = only("admin", "GET")
    default = only(None)


def keep_json(entity):
    cherrypy.request.raw = entity.read()


cherrypy.config.update(
    {
        "server.socket_host": "127.0.0.1",
        "server.socket_port": int(sys.argv[1]),
        "server.thread_pool": 8,
        "server.socket_timeout": 75,
        "log.screen": False,
        "engine.autoreload.on": False,
        "environment": "production",
    }
)
cherrypy.tools.keep_json = cherrypy.Tool(
    "before_request_body", lambda: cherrypy.request.body.processors.update({"application/json": keep_json})
)
cherrypy.quickstart(Root(), "/", {"/": {"tools.keep_json.on": True, "tools.trailing_slash.on": False}})
