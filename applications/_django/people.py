"""The people of every application on Django: name, mail, password. The last two have a second factor."""

PEOPLE = [
    ("ada", "ada@example.com", "analytical-engine-1843"),
    ("victim", "victim@example.com", "difference-engine-1822"),
    ("owner", "owner@example.com", "bernoulli-numbers-1842"),
    ("grace", "grace@example.com", "nanosecond-wire-1952"),
    ("target", "target@example.com", "compiler-of-1951-a0"),
]
WITH_SECOND_FACTOR = ["grace", "target"]
# 20 bytes, in hex and in base32: the secret of the authenticator app of grace and target.
TOTP_HEX = "3132333435363738393031323334353637383930"
TOTP_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# Codes on paper, each good once.
BACKUP_CODES = [f"backup{number:02}" for number in range(40)]


def create():
    """Creates them all, as administrators, so that the admin's pages are theirs too."""
    from django.contrib.auth import get_user_model

    return {
        name: get_user_model().objects.create_superuser(name, mail, password) for name, mail, password in PEOPLE
    }
