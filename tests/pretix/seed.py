"""Fills an empty pretix with one event on sale. Runs inside pretix's own environment: `seed.py`.

Prints one JSON object: `token`, and the ids of `items` and `variations`.
"""

import datetime as dt
import json

import django

django.setup()

from django.utils.timezone import now  # noqa: E402 - only after django.setup()
from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Organizer, Team  # noqa: E402


def seed() -> dict[str, object]:
    organizer = Organizer.objects.create(name="Festival Ltd", slug="festival")
    event = organizer.events.create(
        name="Summer Weekend",
        slug="summer",
        currency="EUR",
        date_from=now() + dt.timedelta(days=30),
        live=True,
        plugins="pretix.plugins.banktransfer,pretix.plugins.manualpayment",
    )
    event.settings.name_scheme = "given_family"
    event.settings.attendee_names_asked = True
    event.settings.attendee_emails_asked = True
    event.settings.locales = ["en", "de"]
    event.settings.timezone = "Europe/Amsterdam"
    weekend = event.items.create(name="Weekend", default_price=80, admission=True)
    adult = weekend.variations.create(value="Adult", position=0)
    child = weekend.variations.create(value="Child", default_price=40, position=1)
    friday = event.items.create(name="Friday", default_price=30, admission=True)
    shirt = event.items.create(name="T-shirt", default_price=20, admission=False)
    quota = event.quotas.create(name="all", size=None)
    quota.items.add(weekend, friday, shirt)
    quota.variations.add(adult, child)
    tokens = {}
    for name, may in (("everything", True), ("nothing", False)):
        team = Team.objects.create(
            organizer=organizer,
            name=name,
            all_events=True,
            all_event_permissions=may,
            all_organizer_permissions=may,
        )
        tokens[name] = team.tokens.create(name="Passalong").token
    return {
        "token": tokens["everything"],
        "powerless": tokens["nothing"],
        "items": {"weekend": weekend.pk, "friday": friday.pk, "shirt": shirt.pk},
        "variations": {"adult": adult.pk, "child": child.pk},
    }


if __name__ == "__main__":
    with scopes_disabled():
        print(json.dumps(seed()))
