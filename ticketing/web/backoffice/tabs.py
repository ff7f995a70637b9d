"""The ways through the backoffice: what each person may open, in the order it is shown."""

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from ticketing.models import Event, Shop
from ticketing.web.backoffice import scope

Tab = tuple[str, str, str]  # its key, its words, where it leads


def main() -> list[Tab]:
    """Where one is every day."""
    return _there(
        {},
        ("orders", _("Orders"), "orders", "desk"),
        ("events", _("Events"), "events", "desk"),
        ("shops", _("Shops"), "shops", "desk"),
        ("outbox", _("Outbox"), "outbox", "desk"),
    )


def more() -> list[Tab]:
    """What is set up once, and looked after now and then."""
    return _there(
        {},
        ("webhooks", _("Webhooks"), "webhooks", "owner"),
        ("api_keys", _("API keys"), "api_keys", "owner"),
        ("wallet", _("Wallet"), "wallet", "owner"),
        ("people", _("People"), "people", "owner"),
        ("privacy", _("Privacy"), "person", "manager"),
    )


def of_event(event: Event) -> list[Tab]:
    return _there(
        {"event_id": event.id},
        ("event", _("Overview"), "event", "desk"),
        ("details", _("Details"), "edit_event", "manager"),
        ("ticket_types", _("Ticket types"), "ticket_types", "manager"),
        ("fields", _("Personalisation"), "event_fields", "manager"),
        ("mails", _("Mails"), "mail_texts", "manager"),
        ("reminders", _("Reminders"), "reminders", "manager"),
        ("privacy", _("Privacy"), "event_privacy", "manager"),
    )


def of_privacy() -> list[Tab]:
    return _there(
        {},
        ("person", _("One person"), "person", "manager"),
        ("notice", _("Contact and notice"), "privacy_notice", "owner"),
        ("audit", _("Audit"), "audit_page", "owner"),
    )


def of_shop(shop: Shop) -> list[Tab]:
    return _there(
        {"shop_id": shop.id},
        ("settings", _("Settings"), "shop", "manager"),
        ("link", _("Link and QR code"), "shop_link", "desk"),
        ("embed", _("Embed"), "shop_embed", "manager"),
        ("import", _("Import"), "shop_import", "manager"),
        ("pretix", _("pretix"), "shop_pretix", "manager"),
    )


def _there(ids: dict[str, Any], *wanted: tuple[str, str, str, str]) -> list[Tab]:
    return [
        (key, text, url_for(f"backoffice.{endpoint}", **ids))
        for key, text, endpoint, role in wanted
        if f"backoffice.{endpoint}" in current_app.view_functions and scope.may(role)
    ]
