"""The people of every application on Django: `person1` to `person40` with `personN@shop.example`, all with one password."""

PASSWORD = "correct-horse-7"
# From this one on they have a second factor.
FIRST_WITH_SECOND_FACTOR = 21
# 20 bytes, in hex and in base32: the secret of the authenticator apps.
TOTP_HEX = "3132333435363738393031323334353637383930"
TOTP_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# Codes on paper, each good once.
BACKUP_CODES = [f"backup{number:02}" for number in range(40)]


def create():
    """Makes them, as administrators, so that the admin's pages are theirs too, and gives them in their order."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password

    hashed = make_password(PASSWORD)
    people = [
        get_user_model()(
            username=f"person{number}",
            email=f"person{number}@shop.example",
            password=hashed,
            is_staff=True,
            is_superuser=True,
        )
        for number in range(1, 41)
    ]
    for person in people:
        person.save()
    return people


def with_second_factor(people):
    """Those of them who have one."""
    return people[FIRST_WITH_SECOND_FACTOR - 1 :]
