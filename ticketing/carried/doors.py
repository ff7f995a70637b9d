"""What a door without a network knows of an event: which barcodes it must not let in.

A barcode with a good signature is let in unless it stands here. Tickets that were sold after the
door last asked are let in too.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import or_, select

from ticketing.extensions import db
from ticketing.models import CANCELLED, CHECKED_IN, Event, Order, Ticket, TicketType

Reason = Literal["replaced", "cancelled", "checked_in"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Barcodes of this id are refused up to this generation, a later one is let in.

    For one id the generation never falls: of two that a door has the higher one counts.
    """

    barcode_id: int
    up_to: int
    reason: Reason


def events_of(organiser_id: int) -> list[Event]:
    """The events that an organiser has doors for, the next ones last."""
    chosen = select(Event).where(Event.organiser_id == organiser_id)
    return list(db.session.scalars(chosen.order_by(Event.starts_at, Event.id)))


def refused(
    event_id: int, *, since: dt.datetime | None, after: int | None, most: int
) -> list[Refused]:
    """What is refused, by barcode id: those behind `after`, of orders that changed since.

    An open ticket isn't among them: what was handed out of it before is of a former generation.
    """
    chosen = (
        select(Ticket.barcode_id, Ticket.barcode_generation, Ticket.state)
        .join(TicketType, TicketType.id == Ticket.ticket_type_id)
        .where(
            TicketType.event_id == event_id,
            or_(Ticket.state.in_([CANCELLED, CHECKED_IN]), Ticket.barcode_generation > 1),
        )
        .order_by(Ticket.barcode_id)
        .limit(most)
    )
    if since is not None:
        chosen = chosen.join(Order, Order.id == Ticket.order_id).where(Order.updated_at >= since)
    if after is not None:
        chosen = chosen.where(Ticket.barcode_id > after)
    return [_refused(*row) for row in db.session.execute(chosen)]


def _refused(barcode_id: int, generation: int, state: str) -> Refused:
    if state == CANCELLED:
        return Refused(barcode_id, generation, "cancelled")
    if state == CHECKED_IN:
        return Refused(barcode_id, generation, "checked_in")
    return Refused(barcode_id, generation - 1, "replaced")
