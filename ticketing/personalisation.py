"""THE rules: what may happen to a ticket, each rule in one transaction.

Every rule locks the order, looks at what is true now, changes it, and writes history, mails and
the change feed in the same transaction. The other rules have rooms of their own: `sharing.py`,
`cancelling.py`, `admission.py` (barcodes and the door), `sending.py` (mails asked for again), and
what all of them look at first stands in `guards.py`.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ticketing import history, repeats, sending
from ticketing.asking import fields, missing
from ticketing.asking.fields import Answer
from ticketing.asking.holders import (
    as_columns,
    asked_to_edit,
    cleaned_details,
    holder_of,
    with_answers,
)
from ticketing.feed import live
from ticketing.guards import (
    check_open,
    current_share,
    end_share,
    locked,
    renew_barcode,
    ticket_in,
    withdraw_shares,
)
from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, PERSONALISED, Order, Ticket, TicketType, now
from ticketing.ordering import completion
from ticketing.posting import outbox
from ticketing.refusals import (
    AlreadyClaimed,
    EditedMeanwhile,
    NoDetailsNeeded,
    NothingToReopen,
    ReopenedMeanwhile,
    TicketCancelled,
)
from ticketing.storing.locking import to_rely_on
from ticketing.storing.transactions import write

__all__ = [
    "can_reopen",
    "claim",
    "cleaned_details",
    "complete",
    "edit",
    "holder_of",
    "reopen",
    "take",
]

CLAIM_MAILS_PER_RECIPIENT: Final = 20  # a day


def claim(
    ticket: Ticket,
    given: Mapping[str, Answer],
    by: By,
    *,
    round: int,
    share_generation: int | None = None,
    locale: str | None = None,
    reference: str = "",
) -> Ticket:
    """Give an open ticket its holder, once.

    `round` is the ticket's when the form was drawn, `share_generation` that of the visitor's
    link (None: the booker acts). With the `reference` that the form was made with, the same claim
    may come again: it is answered as the first time, and changes nothing.

    Raises `InvalidDetails`, `AlreadyClaimed`, `ReopenedMeanwhile`, `LinkWithdrawn`,
    `DeadlinePassed`, `TicketCancelled`.
    """
    details = cleaned_details(ticket, given)
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        digest = repeats.digest_of(ticket, reference, share_generation, details)
        try:
            check_open(order, ticket, share_generation)
        except AlreadyClaimed:
            if repeats.is_repeated(ticket, digest):
                return ticket
            raise
        if round != ticket.round:
            raise ReopenedMeanwhile
        if not take(
            session,
            ticket,
            **as_columns(details) | {"claim_digest": digest},
            locale=locale or order.locale,
            personalised_at=now(),
            personalised_by=by.kind,
        ):
            raise AlreadyClaimed
        if share_generation is not None:
            current_share(session, ticket, share_generation, channel="link")
        end_share(ticket, "claimed")
        history.record(session, order, "claimed", by, ticket=ticket, after=holder_of(ticket))
        if ticket.email and _may_mail(session, order, ticket.email):
            outbox.enqueue(
                session, outbox.TICKET, order, ticket.email, ticket.locale, ticket=ticket
            )
        completion.tell_booker(session, order, by)
        live.touch(session, order, [ticket])
    return ticket


def _may_mail(session: Session, order: Order, recipient: str) -> bool:
    """Whoever claims may name any address: nobody gets more than a few such mails a day.

    The claim itself stands; the ticket is on its page. A booker gets all of their own order's.
    """
    return recipient == order.email or outbox.within_limits(
        session, outbox.TICKET, (outbox.to(recipient), CLAIM_MAILS_PER_RECIPIENT)
    )


def take(session: Session, ticket: Ticket, **values: Any) -> bool:
    """The guard: open → personalised if, in this instant, it is still open in the same round."""
    taken = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.state == OPEN, Ticket.round == ticket.round)
        .values(state=PERSONALISED, revision=Ticket.revision + 1, **values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(ticket)
    return taken.rowcount == 1  # type: ignore[attr-defined]


def edit(
    ticket: Ticket,
    given: Mapping[str, Answer],
    by: By,
    *,
    revision: int,
    new_barcode: bool,
    mail_holder: bool,
) -> Ticket:
    """The organiser corrects one ticket; no other ticket changes.

    `revision` is the ticket's when the form was drawn: if somebody changed it meanwhile, nothing
    is written and `EditedMeanwhile` raised; nor is anything where the same form was sent before.
    With a new barcode the holder's page link is renewed too, for the former holder may still have
    the old one. Answers to what isn't asked any more stay as they are. Also raises
    `InvalidDetails`, `TicketCancelled`, and `NoDetailsNeeded` where the ticket's type asks for
    none.
    """
    if not ticket.type.needs_personal_data:
        raise NoDetailsNeeded
    region = ticket.order.shop.event.country
    details = fields.clean(asked_to_edit(ticket), given, region=region)
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        if history.is_repeated(session, order, by):
            return ticket
        if ticket.state == CANCELLED:
            raise TicketCancelled
        if ticket.revision != revision:
            raise EditedMeanwhile
        before = holder_of(ticket)
        for column, value in with_answers(ticket, details).items():
            setattr(ticket, column, value)
        was_open = ticket.state == OPEN
        if was_open:
            ticket.state = PERSONALISED
            ticket.personalised_at = now()
            end_share(ticket, "claimed")
        ticket.personalised_by = ticket.personalised_by or by.kind
        ticket.revision += 1
        after = holder_of(ticket)
        if new_barcode:
            before["barcode"] = ticket.barcode_generation
            renew_barcode(ticket)
            ticket.link_generation += 1
            after["barcode"] = ticket.barcode_generation
        history.record(session, order, "edited", by, ticket=ticket, before=before, after=after)
        address = sending.address_of(ticket)
        if mail_holder and address:
            outbox.enqueue(
                session,
                outbox.TICKET,
                order,
                address,
                ticket.locale,
                ticket=ticket,
                params={"edited": True},
            )
        if was_open:
            completion.tell_booker(session, order, by)
        live.touch(session, order, [ticket])
    return ticket


def complete(ticket: Ticket, given: Mapping[str, Answer], by: By, *, revision: int) -> Ticket:
    """Fill in what a personalised ticket lacks, and nothing else; its barcode stays.

    `revision` is the ticket's when the form was drawn. Raises `InvalidDetails`, `NothingMissing`,
    `EditedMeanwhile`, `DeadlinePassed`, `TicketCancelled`.
    """
    asked = missing.missing_in(ticket)
    details = fields.clean(asked, given, region=ticket.order.shop.event.country)
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        missing.check_asking(order, ticket)
        if ticket.revision != revision:
            raise EditedMeanwhile
        before = holder_of(ticket)
        for column, value in with_answers(ticket, details).items():
            setattr(ticket, column, value)
        ticket.revision += 1
        history.record(
            session, order, "completed", by, ticket=ticket, before=before, after=holder_of(ticket)
        )
        live.touch(session, order, [ticket])
    return ticket


def can_reopen(ticket: Ticket) -> bool:
    """Who is inside already stays who they are; a type that asks for nothing has nothing to ask."""
    return ticket.type.needs_personal_data and ticket.state in {OPEN, PERSONALISED}


def _hold_types(session: Session, ticket_ids: Collection[int]) -> None:
    """Whether these tickets' types need personal data stays as it is until the transaction ends."""
    theirs = select(Ticket.ticket_type_id).where(Ticket.id.in_(ticket_ids))
    types = select(TicketType).where(TicketType.id.in_(theirs)).order_by(TicketType.id)
    session.scalars(to_rely_on(types)).all()


def reopen(order: Order, chosen: Mapping[int, int], reason: str, by: By) -> Order:
    """*Open Personalisation*: the chosen tickets are open again, for everybody anew.

    `chosen` is {ticket id: its revision when the names were listed}; if one has changed since,
    nothing is written and `EditedMeanwhile` raised. The holders' details are cleared and kept in
    the history, barcodes and page links are renewed, shared links withdrawn, the booker mailed.
    Raises `NothingToReopen` where a chosen ticket can't be reopened, or none is chosen.
    """
    order_id = order.id
    with write() as session:
        _hold_types(session, chosen)
        order = locked(session, order_id)
        if history.is_repeated(session, order, by):
            return order
        tickets = [ticket for ticket in order.tickets if ticket.id in chosen]
        if not tickets or len(tickets) != len(chosen):
            raise NothingToReopen
        for ticket in tickets:
            if ticket.revision != chosen[ticket.id]:
                raise EditedMeanwhile
            if not can_reopen(ticket):
                raise NothingToReopen
        for ticket in tickets:
            before = holder_of(ticket)
            end_share(ticket, "reopened")
            withdraw_shares(ticket)
            for column, value in as_columns({}).items():
                setattr(ticket, column, value)
            ticket.state = OPEN
            ticket.personalised_at = ticket.personalised_by = None
            ticket.locale = order.locale
            ticket.round += 1
            ticket.revision += 1
            ticket.link_generation += 1
            renew_barcode(ticket)
            history.record(
                session,
                order,
                "reopened",
                by,
                ticket=ticket,
                before=before,
                after=holder_of(ticket),
                reason=reason,
            )
        outbox.enqueue(
            session,
            outbox.REOPENED,
            order,
            order.email,
            order.locale,
            params={"positions": [ticket.position for ticket in tickets]},
        )
        live.touch(session, order, tickets)
    return order
