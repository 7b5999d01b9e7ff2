"""The code that an authenticator shows now: totp.py SECRET, where SECRET is base32 or, with --text, the bytes themselves"""

import base64
import hmac
import struct
import sys
import time

secret = sys.argv[1]
key = secret.encode() if "--text" in sys.argv else base64.b32decode(secret)
digest = hmac.digest(key, struct.pack(">Q", int(time.time() // 30)), "sha1")
at = digest[-1] & 15
print(f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}")
