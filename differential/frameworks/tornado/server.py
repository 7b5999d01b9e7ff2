"""Tornado, by its own server."""

import asyncio
import json
import logging
import sys

from answer import COOKIES, FIELDS, Answer, basic, bearer, json_members
from tornado.web import Application, RequestHandler

logging.disable(logging.CRITICAL)


class Handler(RequestHandler):
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

    def initialize(self, route, methods=()):
        self.route, self.methods = route, methods

    def answer(self, name=None):
        is_route = self.request.method in self.methods
        out = Answer(self.route if is_route else None)
        if is_route and name is not None:
            out.put("segment", lambda: [name, *self.path_args])
        for field, key in FIELDS:
            out.put(f"form.{field} get_body_argument", lambda: self.get_body_argument(key, None))
            out.put(f"form.{field} get_body_arguments", lambda: self.get_body_arguments(key))
            out.put(f"multipart.{field} request.files", lambda: [each["body"] for each in self.request.files.get(key, [])])
            out.put(f"query.{field} get_query_argument", lambda: self.get_query_argument(key, None))
            out.put(f"query.{field} get_query_arguments", lambda: self.get_query_arguments(key))
            out.put(f"any.{field} get_argument", lambda: self.get_argument(key, None))
            out.put(f"any.{field} get_arguments", lambda: self.get_arguments(key))
        json_members(out, "json.loads(self.request.body)", lambda: json.loads(self.request.body))
        for cookie in COOKIES:
            out.put(f"cookie.{cookie} get_cookie", lambda: self.get_cookie(cookie))
        header = self.request.headers.get("Authorization")
        basic(out, header)
        bearer(out, header)
        self.set_header("content-type", "application/json")
        self.finish(out.dumps())

    get = post = put = patch = delete = answer

    def write_error(self, status_code, **kwargs):
        self.finish("")


async def main():
    app = Application(
        [
            ("/login", Handler, {"route": "login", "methods": ("POST",)}),
            ("/login/code", Handler, {"route": "code", "methods": ("POST",)}),
            ("/account", Handler, {"route": "account", "methods": ("GET",)}),
            ("/users/([^/]+)/login", Handler, {"route": "user", "methods": ("GET", "POST")}),
            ("/admin", Handler, {"route": "admin", "methods": ("GET",)}),
            (".*", Handler, {"route": None}),
        ]
    )
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
