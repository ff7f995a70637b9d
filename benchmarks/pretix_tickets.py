"""Has the pretix that `tests/pretix/seed.py` filled offer its tickets as PDF.

Runs inside pretix's own environment.
"""

import django

django.setup()

from django_scopes import scopes_disabled  # noqa: E402 - only after django.setup()
from pretix.base.models import Event  # noqa: E402

PLUGIN = "pretix.plugins.ticketoutputpdf"


def offer_tickets() -> None:
    event = Event.objects.get(slug="summer")
    if PLUGIN not in event.get_plugins():
        event.plugins = f"{event.plugins},{PLUGIN}"
        event.save()
    event.settings.ticket_download = True
    event.settings.ticketoutput_pdf__enabled = True


if __name__ == "__main__":
    with scopes_disabled():
        offer_tickets()
