import django

django.setup()

import people  # noqa: E402
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

users = people.create()
for name in people.WITH_SECOND_FACTOR:
    TOTPDevice.objects.create(user=users[name], name="default", key=people.TOTP_HEX)
    backup = StaticDevice.objects.create(user=users[name], name="backup")
    for code in people.BACKUP_CODES:
        StaticToken.objects.create(device=backup, token=code)
