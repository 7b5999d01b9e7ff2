import django

django.setup()

import people  # noqa: E402
from allauth.account.models import EmailAddress  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402

everybody = people.create()
for person in everybody:
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
for person in people.with_second_factor(everybody):
    TOTP.activate(person, people.TOTP_BASE32)
    Authenticator.objects.create(
        user=person,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"migrated_codes": people.BACKUP_CODES, "used_mask": 0},
    )
