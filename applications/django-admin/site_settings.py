"""Django's own admin, with the password reset that its documentation puts beside it."""

from common_settings import *  # noqa: F403
from common_settings import BASE_APPS, BASE_MIDDLEWARE

INSTALLED_APPS = BASE_APPS
MIDDLEWARE = BASE_MIDDLEWARE
ROOT_URLCONF = "site_urls"
