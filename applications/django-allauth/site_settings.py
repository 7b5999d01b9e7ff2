"""django-allauth: its pages, its headless API for browsers and apps, second factors, login by a code that is mailed."""

from common_settings import *  # noqa: F403
from common_settings import BASE_APPS, BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
]
MIDDLEWARE = ["account_header.middleware", *BASE_MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = [
    "account_header.Whose",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ROOT_URLCONF = "site_urls"

LOGIN_REDIRECT_URL = "/accounts/email/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION = "none"
# Its own limits, by address, are off: what protects here is the filter, and its own would hide what is missed.
ACCOUNT_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TRUST_ENABLED = True
MFA_RECOVERY_CODE_COUNT = 40
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_FRONTEND_URLS = {
    "account_reset_password_from_key": "/accounts/password/reset/key/{key}/",
    "account_confirm_email": "/accounts/confirm-email/{key}/",
    "account_signup": "/accounts/signup/",
}
