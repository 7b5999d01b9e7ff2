"""Django behind gunicorn, and the requests and authentication of its REST framework."""

import json

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={},
    DEBUG=False,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF="server",
    SECRET_KEY="x",
    LOGGING_CONFIG=None,
)
django.setup()

from answer import COOKIES, FIELDS, Answer, bearer, json_members  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from rest_framework.authentication import BasicAuthentication, TokenAuthentication  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed  # noqa: E402


class Basic(BasicAuthentication):
    def authenticate_credentials(self, userid, password, request=None):
        return userid, None


class Bearer(TokenAuthentication):
    keyword = "Bearer"

    def authenticate_credentials(self, key):
        return key, None


def authenticated(authentication, request):
    try:
        found = authentication.authenticate(request)
    except AuthenticationFailed:
        return None
    return None if found is None else found[0]


def answer(request, route, name=None):
    out = Answer(route)
    if name is not None:
        out.put("segment", lambda: [name, request.resolver_match.kwargs.get("name")])
    body = request.body  # kept, so that it can be read as a form and as JSON
    query, form, files = request.GET, request.POST, request.FILES
    for field, key in FIELDS:
        out.put(f"form.{field} request.POST.get", lambda: form.get(key))
        out.put(f"form.{field} request.POST.getlist", lambda: form.getlist(key))
        out.put(f"multipart.{field} request.FILES", lambda: [each.read() for each in files.getlist(key)])
        out.put(f"query.{field} request.GET.get", lambda: query.get(key))
        out.put(f"query.{field} request.GET.getlist", lambda: query.getlist(key))
    json_members(out, "json.loads(request.body)", lambda: json.loads(body))
    for cookie in COOKIES:
        out.put(f"cookie.{cookie} request.COOKIES", lambda: request.COOKIES.get(cookie))
    out.put("basic BasicAuthentication", lambda: authenticated(Basic(), request))
    out.put("bearer TokenAuthentication", lambda: authenticated(Bearer(), request))
    bearer(out, request.headers.get("Authorization"))
    return HttpResponse(out.dumps(), content_type="application/json")


def view(route, *methods):
    def handle(request, name=None):
        is_route = request.method in methods
        return answer(request, route if is_route else None, name if is_route else None)

    return handle


urlpatterns = [
    path("login", view("login", "POST")),
    path("login/code", view("code", "POST")),
    path("account", view("account", "GET")),
    path("users/<str:name>/login", view("user", "GET", "POST")),
    path("admin", view("admin", "GET")),
    re_path(r"^", view(None)),
]

app = get_wsgi_application()
