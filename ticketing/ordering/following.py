"""An order follows what its shop has sold: docs/decisions/following-a-shop.md.

The shop tells all of an order's tickets, as of a moment, by numbers of its own (`external_id`).
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking.holders import as_columns
from ticketing.cancelling import cancel_in, cancel_order_in
from ticketing.extensions import db
from ticketing.guards import end_share, locked
from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, HistoryEntry, Order, Ticket, now
from ticketing.ordering import amending, arriving, completion, orders
from ticketing.ordering.amending import Amended, Told
from ticketing.ordering.arriving import NewTicket
from ticketing.ordering.orders import Booker
from ticketing.personalisation import take
from ticketing.refusals import OrderCancelled
from ticketing.storing.transactions import write


def follow(
    order: Order,
    wanted: Sequence[NewTicket],
    as_of: dt.datetime,
    by: By = history.SHOP,
    *,
    reason: str = "",
    send_mails: bool = True,
    mail_holders: bool = True,
) -> Amended:
    """Bring an order to the tickets that its shop says it has, as of that moment.

    Each of `wanted` has an `external_id`. What is new is added, what vanished is cancelled, a
    ticket that has another type now is cancelled and added anew. Holders are taken over for open
    tickets only, and not for those that the organiser opened again: whom people named here, and
    whom the organiser wants named anew, the shop doesn't know. A ticket that the organiser
    cancelled stays so. Tickets without an `external_id` aren't the shop's: they stay as they are.

    States may arrive twice and in any sequence: one older than what the order follows does
    nothing. Raises what `amending.add_tickets` raises, `ShopArchived` and `OrderCancelled` only if
    there is something to do; then nothing was written.
    """
    if any(each.external_id is None for each in wanted):
        raise ValueError("a ticket to follow has no external id")
    order_id, shop_id = order.id, order.shop_id
    told = amending.look_at(db.session(), order, wanted)
    with write() as session:
        sale = arriving.on_sale(session, shop_id)
        order = locked(session, order_id)
        if order.amended_as_of is not None and as_of < order.amended_as_of:
            return Amended(order, stale=True)
        if order.state == "cancelled":
            if not told:
                return Amended(order)
            raise OrderCancelled
        order.amended_as_of = as_of
        standing = {
            ticket.external_id: ticket
            for ticket in order.tickets
            if ticket.external_id and ticket.state != CANCELLED
        }
        kept = {
            each.external_id: each
            for each in told
            if each.external_id in standing
            and standing[each.external_id].type.code == each.type_code
        }
        vanished = [ticket for number, ticket in standing.items() if number not in kept]
        over = _cancelled_by_organiser(session, order)
        new = [each for each in told if each.external_id not in {*kept, *over}]
        for ticket in vanished:
            cancel_in(session, order, ticket, by, reason)
        named = [
            ticket
            for number, ticket in standing.items()
            if number in kept and _name(session, ticket, kept[number], by, mail=mail_holders)
        ]
        added = []
        if new:
            added = amending.add(
                session, order, sale, new, by, send_mails=send_mails, mail_holders=mail_holders
            )
        if named and send_mails:
            completion.tell_booker(session, order, by)
        amending.show(session, order, added=added, changed=[*vanished, *named])
    return Amended(order, added=added, cancelled=vanished, named=named)


def follow_cancelled(order: Order, as_of: dt.datetime, by: By, *, reason: str = "") -> Amended:
    """The shop says that the order was cancelled, as of that moment; an older state does nothing.

    Cancelled is for good: from then on `follow` refuses.
    """
    order_id = order.id
    with write() as session:
        order = locked(session, order_id)
        if order.amended_as_of is not None and as_of < order.amended_as_of:
            return Amended(order, stale=True)
        order.amended_as_of = as_of
        cancelled = cancel_order_in(session, order, by, reason)
    return Amended(order, cancelled=cancelled)


def arrive(
    shop_id: int,
    reference: str,
    booker: Booker,
    wanted: Sequence[NewTicket],
    as_of: dt.datetime,
    *,
    locale: str,
    by: By = history.SHOP,
    send_mails: bool = True,
    mail_holders: bool = True,
) -> tuple[Amended, bool]:
    """Place an order of a shop that is followed, or `follow` if it is here; says whether it is new.

    However often, simultaneously and in whichever sequence its states arrive: there is one order,
    as of the newest. Raises what `orders.place` and `follow` raise, but not `ReferenceTaken`.
    """
    known = order_with(shop_id, reference)
    if known is None:
        try:
            order, new = orders.place(
                shop_id,
                reference,
                booker,
                wanted,
                locale=locale,
                by=by,
                send_mails=send_mails,
                mail_holders=mail_holders,
                as_of=as_of,
            )
        except orders.ReferenceTaken:
            known = order_with(shop_id, reference)  # another state of it was faster
            if known is None:
                raise
        else:
            if new:
                return Amended(order, added=list(order.tickets)), True
            known = order
    amended = follow(known, wanted, as_of, by, send_mails=send_mails, mail_holders=mail_holders)
    return amended, False


def order_with(shop_id: int, reference: str) -> Order | None:
    """The shop's order with this reference."""
    return db.session.scalar(
        select(Order)
        .where(Order.shop_id == shop_id, Order.reference == reference)
        .options(*orders.with_tickets())
    )


def _name(session: Session, ticket: Ticket, told: Told, by: By, *, mail: bool) -> bool:
    """Give an open ticket the holder that the shop names, if it does and may."""
    if ticket.state != OPEN or ticket.round > 1 or (told.details is None and not told.errors):
        return False
    amending.check([told], {ticket.type.code: ticket.type})
    share = ticket.share
    taken = take(
        session,
        ticket,
        **as_columns(told.details or {}),
        personalised_at=now(),
        personalised_by=by.kind,
    )
    if taken and share is not None:
        end_share(ticket, "claimed")
    if taken:
        arriving.tell(session, ticket, by, mail=mail)
    return taken


def _cancelled_by_organiser(session: Session, order: Order) -> set[str]:
    """The shop's numbers of tickets that it may still sell, but the organiser doesn't want."""
    latest = {ticket.external_id: ticket for ticket in order.tickets if ticket.external_id}
    gone = {each.id: number for number, each in latest.items() if each.state == CANCELLED}
    if not gone:
        return set()
    by_organiser = session.scalars(
        select(HistoryEntry.ticket_id).where(
            HistoryEntry.order_id == order.id,
            HistoryEntry.action == "ticket_cancelled",
            HistoryEntry.actor == "organiser",
        )
    )
    return {gone[ticket_id] for ticket_id in by_organiser if ticket_id in gone}
