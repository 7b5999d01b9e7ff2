"""django-two-factor-auth as its documentation sets it up: authenticator app, codes on paper, remembered browsers."""

from common_settings import *  # noqa: F403
from common_settings import BASE_APPS, BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "two_factor",
]
MIDDLEWARE = [*BASE_MIDDLEWARE, "django_otp.middleware.OTPMiddleware"]
ROOT_URLCONF = "site_urls"

LOGIN_URL = "two_factor:login"
LOGIN_REDIRECT_URL = "two_factor:profile"
TWO_FACTOR_REMEMBER_COOKIE_AGE = 30 * 24 * 3600
