"""Writes Synapse's configuration, `seed.py config PORT STATE`, and once it runs its people, `seed.py people PORT STATE`."""

import hashlib
import hmac
import json
import sys
import urllib.request
from pathlib import Path

PEOPLE = [f"person{number}" for number in range(1, 41)]
PASSWORD = "correct-horse-7"
SHARED_SECRET = "for tests: registers people through the admin API of this machine's loopback"


def config(port, state):
    """Own limits are far away: what is measured is the filter, and Synapse's would hide what it misses."""
    far = {"per_second": 100000, "burst_count": 100000}
    settings = {
        "server_name": "example.test",
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "report_stats": False,
        "listeners": [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": False,
                "x_forwarded": True,
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(state / "homeserver.db")}},
        "media_store_path": str(state / "media"),
        "log_config": str(state / "log.yaml"),
        "signing_key_path": str(state / "signing.key"),
                "trusted_key_servers": [],
        "registration_shared_secret": SHARED_SECRET,
        "macaroon_secret_key": "for tests: macaroons",
        "form_secret": "for tests: forms",
        "enable_registration": False,
        "rc_login": {"address": far, "account": far, "failed_attempts": far},
        "rc_registration": far,
        "bcrypt_rounds": 8,
    }
    log = {
        "version": 1,
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(state / "synapse.log")}},
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
    # JSON is YAML.
    (state / "homeserver.yaml").write_text(json.dumps(settings))
    (state / "log.yaml").write_text(json.dumps(log))


def people(port):
    url = f"http://127.0.0.1:{port}/_synapse/admin/v1/register"
    for name in PEOPLE:
        nonce = json.load(urllib.request.urlopen(url))["nonce"]
        text = b"\0".join([nonce.encode(), name.encode(), PASSWORD.encode(), b"notadmin"])
        mac = hmac.new(SHARED_SECRET.encode(), text, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": PASSWORD, "mac": mac, "admin": False}
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
        urllib.request.urlopen(request)


what, port, state = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
config(port, state) if what == "config" else people(port)
