"""Prints the realm `shop` as Keycloak imports it: seed.py SMTP_PORT STATE_DIR

`person1` to `person45` have the mailbox personN@shop.example and one password; `person31` to `person45` have a second
factor as well, whose secret stands in STATE_DIR/totp. The client `app` may ask for tokens by password, `batch` by its secret.
"""

import json
import pathlib
import sys

PASSWORD = "correct-horse-7"
SECRET = "a-second-factor-1234"


def person(number):
    credentials = [{"type": "password", "value": PASSWORD}]
    if number > 30:
        credentials.append({
            "type": "otp",
            "userLabel": "phone",
            "secretData": json.dumps({"value": SECRET}),
            "credentialData": json.dumps({
                "subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1",
            }),
        })
    return {
        "username": f"person{number}",
        "email": f"person{number}@shop.example",
        "emailVerified": True,
        "enabled": True,
        "firstName": "Person",
        "lastName": str(number),
        "credentials": credentials,
    }


def main():
    port, state = sys.argv[1:]
    pathlib.Path(state, "totp").write_text(SECRET)
    print(json.dumps({
        "realm": "shop",
        "enabled": True,
        "sslRequired": "none",
        "resetPasswordAllowed": True,
        "rememberMe": True,
        "loginWithEmailAllowed": True,
        "bruteForceProtected": False,
        # A code may be used twice, so that a test need not wait half a minute for the next one.
        "otpPolicyType": "totp",
        "otpPolicyDigits": 6,
        "otpPolicyPeriod": 30,
        "otpPolicyAlgorithm": "HmacSHA1",
        "otpPolicyCodeReusable": True,
        "smtpServer": {"host": "127.0.0.1", "port": port, "from": "keycloak@shop.example"},
        "users": [person(number) for number in range(1, 46)],
        "clients": [
            {
                "clientId": "app",
                "publicClient": True,
                "directAccessGrantsEnabled": True,
                "standardFlowEnabled": True,
                "redirectUris": ["*"],
                "webOrigins": ["*"],
            },
            {
                "clientId": "batch",
                "secret": "batch-secret",
                "publicClient": False,
                "serviceAccountsEnabled": True,
                "directAccessGrantsEnabled": True,
                "standardFlowEnabled": False,
            },
        ],
    }))


main()
