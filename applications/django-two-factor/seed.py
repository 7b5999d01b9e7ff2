import django

django.setup()

import people  # noqa: E402
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

for person in people.with_second_factor(people.create()):
    TOTPDevice.objects.create(user=person, name="default", key=people.TOTP_HEX)
    backup = StaticDevice.objects.create(user=person, name="backup")
    StaticToken.objects.bulk_create(StaticToken(device=backup, token=code) for code in people.BACKUP_CODES)
