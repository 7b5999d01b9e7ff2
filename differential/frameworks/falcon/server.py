"""Falcon, behind gunicorn."""

import json

import falcon
from answer import COOKIES, FIELDS, Answer, basic, bearer, json_members, member

app = falcon.App()


class Resource:
    def __init__(self, route, *methods):
        self.route, self.methods = route, methods

    def answer(self, request, response, **parameters):
        is_route = request.method in self.methods
        out = Answer(self.route if is_route else None)
        if is_route and "name" in parameters:
            out.put("segment", lambda: parameters["name"])
        for field, key in FIELDS:
            out.put(f"query.{field} get_param", lambda: request.get_param(key))
            out.put(f"query.{field} get_param_as_list", lambda: request.get_param_as_list(key))
            out.put(f"query.{field} params", lambda: request.params.get(key))
        kind = (request.content_type or "").lower()
        if "multipart" in kind:
            fields = {key: [] for _, key in FIELDS}
            for part in request.get_media():
                if part.name in fields:
                    fields[part.name].append(part.stream.read())
                    fields[part.name].append(part.get_text() if part.content_type == "text/plain" else None)
            for field, key in FIELDS:
                out.put(f"multipart.{field} get_media()", lambda: fields[key])
        elif request.content_length:
            body = request.bounded_stream.read()
            try:
                out.update(self.media(request, body))
            except falcon.HTTPError:
                pass  # who reads the body otherwise is not refused
            json_members(out, "json.loads", lambda: json.loads(body))
        for cookie in COOKIES:
            out.put(f"cookie.{cookie} cookies", lambda: request.cookies.get(cookie))
            out.put(f"cookie.{cookie} get_cookie_values", lambda: request.get_cookie_values(cookie))
        basic(out, request.auth)
        bearer(out, request.auth)
        response.content_type = "application/json"
        response.text = out.dumps()

    def media(self, request, body):
        """What the handler for this content type makes of the body."""
        out = Answer(None)
        del out["route"]
        import io

        handler, _, _ = request.options.media_handlers._resolve(request.content_type, request.options.default_media_type)
        value = handler.deserialize(io.BytesIO(body), request.content_type, len(body))
        for field, key in FIELDS:
            if "urlencoded" in (request.content_type or "").lower():
                out.put(f"form.{field} get_media()", lambda: member(value, key))
            else:
                out.put(f"json.{field} get_media()", lambda: member(value, *field.split(".")))
        return out

    on_get = on_post = on_put = on_patch = on_delete = answer


app.add_route("/login", Resource("login", "POST"))
app.add_route("/login/code", Resource("code", "POST"))
app.add_route("/account", Resource("account", "GET"))
app.add_route("/users/{name}/login", Resource("user", "GET", "POST"))
app.add_route("/admin", Resource("admin", "GET"))
app.add_sink(lambda request, response, **rest: Resource(None).answer(request, response), "/")
