"""Tells the filter before Django whose account a login is about: `identity.account_header: x-account`.

Both stand first in the settings: `AUTHENTICATION_BACKENDS = ["account_header.Whose", ...]` and
`MIDDLEWARE = ["account_header.middleware", ...]`.
"""

from allauth.account.utils import filter_users_by_email
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend


class Whose(BaseBackend):
    """Lets nobody in, and notes who is meant: by all pages, APIs and the admin, before the password is looked at."""

    def authenticate(self, request, username=None, email=None, **others):
        name = email or username
        if request is not None and name:
            # In the order in which allauth tries them.
            users = filter_users_by_email(name) or get_user_model().objects.filter(username__iexact=name)
            request.meant = next((str(user.pk) for user in users), None)


def middleware(get_response):
    def answer(request):
        response = get_response(request)
        if meant := getattr(request, "meant", None):
            response["x-account"] = meant
        return response

    return answer
