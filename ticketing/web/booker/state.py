"""All that an overview is drawn from: as long as it is the same, so is the page.

A column that the page begins to use has to be named here; `tests/overview/test_any_column.py`
changes each column of these tables and finds one that was forgotten. What else a page depends on,
which is the request and the time, stands in `drawn.py`.
"""

from hashlib import blake2b
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from ticketing.models import Event, Image, Order, Organiser, Share, Shop, Ticket, TicketType
from ticketing.storing.reading import LINK_ID, reader

_cover, _logo = aliased(Image), aliased(Image)

# Versions and revisions are only raised: what was changed and changed back is another state.
OF_ORDER: Final = (
    *(Order.link_generation, Order.version, Order.state, Order.locale),
    *(Order.code, Order.first_name, Order.last_name, Order.email),
    *(Shop.revision, Shop.colour, Shop.embed_origins, Shop.consumer_desk, Shop.delivery_note),
    *(Shop.download_enabled, Shop.personalisation_deadline, Shop.slug),
    *(Event.revision, Event.name, Event.place, Event.starts_at, Event.ends_at, Event.timezone),
    *(Organiser.name, Organiser.privacy_contact, Organiser.privacy_notice),
    *(_cover.digest, _cover.content_type, _cover.width, _cover.height),
    *(_logo.digest, _logo.content_type, _logo.width, _logo.height),
)
OF_TICKETS: Final = (
    *(Ticket.position, Ticket.state, Ticket.first_name, Ticket.last_name, Ticket.checked_in_at),
    *(Ticket.link_id, Ticket.link_generation),
    *(TicketType.name, TicketType.needs_personal_data),
    *(Share.generation, Share.recipient, Share.opened_at),
)

# As `Ticket.share` is defined: the one whose link is out now.
_SHARE_OUT: Final = and_(
    Share.ticket_id == Ticket.id,
    Share.generation == Ticket.share_generation,
    Share.ended_at.is_(None),
)
_ORDER: Final = (
    select(*OF_ORDER)
    .select_from(Order)
    .join(Shop, Order.shop_id == Shop.id)
    .join(Event, Shop.event_id == Event.id)
    .join(Organiser, Shop.organiser_id == Organiser.id)
    .outerjoin(_cover, Event.image_id == _cover.id)
    .outerjoin(_logo, Shop.logo_id == _logo.id)
    .where(Order.link_id == LINK_ID)
)
_TICKETS: Final = (
    select(*OF_TICKETS)
    .select_from(Order)
    .join(Ticket, Ticket.order_id == Order.id)
    .join(TicketType, Ticket.ticket_type_id == TicketType.id)
    .outerjoin(Share, _SHARE_OUT)
    .where(Order.link_id == LINK_ID)
    .order_by(Ticket.position)
)


def state_of(link_id: int) -> bytes:
    """A digest of the order's state as it is now. Raises `reading.Unreadable`."""
    # The order first: its version tells if tickets change in between.
    return _digest(reader().rows(link_id, _ORDER, _TICKETS))


def state_within(session: Session, link_id: int) -> bytes:
    """The same as the session's transaction sees it."""
    return _digest(reader().rows_within(session.connection(), link_id, _ORDER, _TICKETS))


def _digest(rows: object) -> bytes:
    return blake2b(repr(rows).encode(), digest_size=16).digest()
