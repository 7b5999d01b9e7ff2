"""An unlock token: PALISADE_KEY=... python3 unlock.py ACCOUNT SECONDS_VALID"""

import base64
import hashlib
import hmac
import os
import secrets
import sys
import time


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unlock_token(key: str, account: bytes, expiry: int, nonce: str) -> str:
    body = f"v1.{base64url(account)}.{expiry}.{nonce}"
    mac = hmac.digest(key.rstrip("\r\n").encode(), f"palisade.unlock.{body}".encode(), hashlib.sha256)
    return f"{body}.{base64url(mac)}"


if __name__ == "__main__":
    account, valid = sys.argv[1:]
    # PALISADE_EXPIRY and PALISADE_NONCE are for tests.
    expiry = int(os.environ.get("PALISADE_EXPIRY") or time.time() + int(valid))
    nonce = os.environ.get("PALISADE_NONCE") or secrets.token_urlsafe(16)
    print(unlock_token(os.environ["PALISADE_KEY"], os.fsencode(account), expiry, nonce))
