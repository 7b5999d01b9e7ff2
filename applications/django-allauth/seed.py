import django

django.setup()

import people  # noqa: E402
from allauth.account.models import EmailAddress  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402

users = people.create()
for user in users.values():
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
for name in people.WITH_SECOND_FACTOR:
    TOTP.activate(users[name], people.TOTP_BASE32)
    Authenticator(
        user=users[name],
        type=Authenticator.Type.RECOVERY_CODES,
        data={"migrated_codes": people.BACKUP_CODES, "used_mask": 0},
    ).save()
