import django

django.setup()

import people  # noqa: E402

people.create()
