"""The organiser's pages, behind the sign-in.

Every view parses, calls one rule, renders; what it finds comes from `scope`, so that nobody sees
another organiser's data.
"""

from importlib import import_module

from ticketing.web.backoffice.guard import blueprint

_ROOMS = (
    "orders",
    "order",
    "contact",
    "tickets",
    "shops",
    "new_shop",
    "embed",
    "events",
    "pictures",
    "ticket_types",
    "event",
    "exports",
    "imports",
    "event_fields",
    "event_privacy",
    "questions",
    "pretix",
    "reminders",
    "outbox",
    "mail_texts",
    "webhooks",
    "deliveries",
    "api_keys",
    "wallet",
    "people",
    "privacy",
    "audit",
    "account",
    "two_step",
    "sign_ins",
)
for room in _ROOMS:
    import_module(f"{__name__}.{room}")  # each hangs its routes on the blueprint

__all__ = ["blueprint"]
