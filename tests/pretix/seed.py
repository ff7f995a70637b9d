"""Fills an empty pretix with one event on sale. Runs inside pretix's own environment:

    python seed.py <address our webhook is to be sent to, or "">

Prints one JSON object: `organizer`, `event`, `token`, and the ids of `items` and `variations`.
"""

import datetime as dt
import json
import sys

import django

django.setup()

from django.utils.timezone import now  # noqa: E402 - only after django.setup()
from django_scopes import scopes_disabled  # noqa: E402
from pretix.api.models import WebHook  # noqa: E402
from pretix.base.models import Organizer, Team  # noqa: E402

ACTIONS = (
    "pretix.event.order.paid",
    "pretix.event.order.canceled",
    "pretix.event.order.modified",
    "pretix.event.order.changed.*",
    "pretix.event.order.contact.changed",
    "pretix.event.order.reactivated",
)


def seed(target: str) -> dict[str, object]:
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
    team = Team.objects.create(
        organizer=organizer,
        name="Everything",
        all_events=True,
        all_event_permissions=True,
        all_organizer_permissions=True,
    )
    token = team.tokens.create(name="Passalong")
    if target:
        hook = WebHook.objects.create(organizer=organizer, target_url=target, all_events=True)
        for action in ACTIONS:
            hook.listeners.create(action_type=action)
    return {
        "organizer": organizer.slug,
        "event": event.slug,
        "token": token.token,
        "items": {"weekend": weekend.pk, "friday": friday.pk, "shirt": shirt.pk},
        "variations": {"adult": adult.pk, "child": child.pk},
    }


if __name__ == "__main__":
    with scopes_disabled():
        print(json.dumps(seed(sys.argv[1])))
