"""An order with invented people, which is never stored: what previews and test mails are about."""

import datetime as dt
from typing import Any, Final

from ticketing.mailing import defaults
from ticketing.models import (
    OPEN,
    PERSONALISED,
    Event,
    Order,
    OutboxMail,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.posting import outbox

_PEOPLE: Final = {
    "en": ("Alice", "Smith"),
    "nl": ("Sanne", "de Vries"),
    "de": ("Anna", "Schmidt"),
    "fr": ("Camille", "Martin"),
    "es": ("Lucía", "García"),
    "pl": ("Zofia", "Nowak"),
}
_ADDRESS: Final = "alice@example.org"
_CODE: Final = "SAMPLE"
_TICKETS: Final = 3
_ONE_IS_NAMED: Final = {outbox.TICKETS, outbox.REMINDER, outbox.DETAILS_MISSING}


def of(
    event: Event, shop: Shop | None, kind: str, language: str, words: dict[str, str]
) -> tuple[OutboxMail, Order, Ticket]:
    """A mail of this kind (a key of `WORDINGS`) with these words, its order and ticket.

    Looks like one of the shop's; its links open nothing. Nothing here may be added to a session.
    """
    first_name, last_name = _PEOPLE.get(language, _PEOPLE["en"])
    order = Order(
        link_id=0,
        link_generation=1,
        code=_CODE,
        locale=language,
        first_name=first_name,
        last_name=last_name,
        email=_ADDRESS,
        state="placed",
        shop=_shop_like(event, shop),
    )
    sold = [each for each in event.ticket_types if each.needs_personal_data]
    sold = [each for each in sold if each.archived_at is None] or sold
    sold = sold or [TicketType(name="Weekend", needs_personal_data=True, fields={})]
    still_open = kind not in {outbox.TICKET, defaults.EDITED, outbox.ALL_READY}
    for position in range(1, _TICKETS + 1):
        named = not still_open or (position == 1 and kind in _ONE_IS_NAMED)
        order.tickets.append(_ticket(sold, position, (first_name, last_name) if named else None))
    tickets = order.tickets
    params: dict[str, Any] = {
        "words": words,
        "generation": 1,
        "positions": [1] if kind == outbox.DETAILS_MISSING else [each.position for each in tickets],
        "rounds": _TICKETS,
        "edited": kind == defaults.EDITED,
    }
    mail = OutboxMail(
        kind=outbox.TICKET if kind == defaults.EDITED else kind,
        recipient=_ADDRESS,
        locale=language,
        params=params,
    )
    return mail, order, order.tickets[0]


def _ticket(sold: list[TicketType], position: int, holder: tuple[str, str] | None) -> Ticket:
    first_name, last_name = holder or ("", "")
    return Ticket(
        position=position,
        type=sold[(position - 1) % len(sold)],
        state=PERSONALISED if holder else OPEN,
        round=1,
        first_name=first_name,
        last_name=last_name,
        email=_ADDRESS if holder else "",
        details={},
        link_id=0,
        link_generation=1,
        share_generation=1,
        barcode_id=0,
        barcode_generation=1,
    )


def _shop_like(event: Event, shop: Shop | None) -> Shop:
    """The shop with its settings, at a time at which its tickets can still be filled in."""
    deadline = shop.personalisation_deadline if shop else None
    ends = deadline or event.starts_at
    if ends <= now() + dt.timedelta(hours=1):
        deadline = now() + dt.timedelta(days=1)
    return Shop(
        organiser=event.organiser,
        event_id=event.id,
        event=event,
        slug=shop.slug if shop else "",
        download_enabled=shop.download_enabled if shop else True,
        delivery_note=shop.delivery_note if shop else "",
        personalisation_deadline=deadline,
        colour=shop.colour if shop else "#4f46e5",
        logo=shop.logo if shop else None,
        consumer_desk=shop.consumer_desk if shop else None,
    )
