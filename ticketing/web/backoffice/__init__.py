"""The organiser's pages, behind the sign-in.

Every view parses, calls one rule, renders; what it finds comes from `scope`, so that nobody sees
another organiser's data.
"""

from importlib import import_module

from ticketing.web.backoffice.guard import blueprint

_ROOMS = (
    "orders.orders",
    "orders.order",
    "orders.contact",
    "orders.tickets",
    "shops.shops",
    "shops.new_shop",
    "shops.embed",
    "events.events",
    "events.pictures",
    "events.ticket_types",
    "events.event",
    "orders.exports",
    "orders.imports",
    "events.event_fields",
    "events.event_privacy",
    "events.questions",
    "shops.pretix",
    "events.reminders",
    "outbox",
    "events.mail_texts",
    "programs.webhooks",
    "programs.deliveries",
    "programs.api_keys",
    "programs.wallet",
    "people.people",
    "people.privacy",
    "people.audit",
    "people.account",
    "people.two_step",
    "people.sign_ins",
)
for room in _ROOMS:
    import_module(f"{__name__}.{room}")  # each hangs its routes on the blueprint

__all__ = ["blueprint"]
