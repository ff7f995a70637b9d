"""What the processes of a crew do, all at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from tests import builders
from tests.faults.crew import Member
from ticketing import cancelling, history, personalisation, sharing
from ticketing.carried import admission
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import PERSONALISED, Order, Ticket
from ticketing.ordering import orders
from ticketing.ordering.orders import Booker, Line
from ticketing.refusals import (
    AlreadyClaimed,
    EditedMeanwhile,
    NotShared,
    ReopenedMeanwhile,
    TicketCancelled,
)


def claim_each(member: Member, ticket_ids: list[int]) -> None:
    """Everybody claims every ticket, all at the same one at a time."""
    for ticket_id in ticket_ids:
        member.together()
        with member.app.app_context():
            member.attempt("claim", (AlreadyClaimed,), _claim, ticket_id, member.index)


def claim_each_unguarded(member: Member, ticket_ids: list[int]) -> None:
    """The same without the guard, to show that the test would see a race."""
    with member.app.app_context(), _no_guard():
        claim_each(member, ticket_ids)


@contextmanager
def _no_guard() -> Iterator[None]:
    """What SQLAlchemy and the engines do by themselves: neither a transaction around what is
    read nor a lock on it, and a write that asks no more than for the row's number."""

    def take(session: Session, ticket: Ticket, **values: Any) -> bool:
        session.execute(
            update(Ticket)
            .where(Ticket.id == ticket.id)
            .values(state=PERSONALISED, revision=Ticket.revision + 1, **values)
            .execution_options(synchronize_session=False)
        )
        session.refresh(ticket)
        return True

    def locked(session: Session, order_id: int) -> Order:
        return session.get_one(Order, order_id)

    begin = list(db.engine.dispatch.begin)
    rules: Any = personalisation  # whose imports are its own business
    real = rules.take, rules.locked
    for listener in begin:
        event.remove(db.engine, "begin", listener)
    rules.take, rules.locked = take, locked
    try:
        yield
    finally:
        rules.take, rules.locked = real
        for listener in begin:
            event.listen(db.engine, "begin", listener)


def claim_or_edit(member: Member, ticket_ids: list[int]) -> None:
    """Half of them claim the open ticket, half edit it as it was when it was open."""
    for ticket_id in ticket_ids:
        member.together()
        with member.app.app_context():
            if member.index % 2:
                member.attempt("claim", (AlreadyClaimed,), _claim, ticket_id, member.index)
            else:
                member.attempt("edit", (EditedMeanwhile,), _edit, ticket_id, member.index, 1)


def edit_each(member: Member, ticket_ids: list[int]) -> None:
    """Everybody has the same form open and saves something else."""
    for ticket_id in ticket_ids:
        with member.app.app_context():
            revision = _ticket(ticket_id).revision
            member.together()
            member.attempt(
                "edit",
                (EditedMeanwhile,),
                _edit,
                ticket_id,
                member.index,
                revision,
                new_barcode=True,
            )


def reopen_or_claim(member: Member, ticket_ids: list[int]) -> None:
    """The organiser reopens an open, shared ticket while the booker and visitors fill it in."""
    refusals = (AlreadyClaimed, ReopenedMeanwhile, LinkWithdrawn)
    for ticket_id in ticket_ids:
        with member.app.app_context():
            ticket = _ticket(ticket_id)
            generation, revision = ticket.share_generation, ticket.revision
            member.together()
            if member.index == 0:
                member.attempt("reopen", (EditedMeanwhile,), _reopen, ticket_id, revision)
            elif member.index % 2:
                member.attempt("visit", refusals, _claim, ticket_id, member.index, generation)
            else:
                member.attempt("claim", refusals, _claim, ticket_id, member.index)


def recall_or_claim(member: Member, ticket_ids: list[int]) -> None:
    """The booker recalls the link while visitors send their forms."""
    for ticket_id in ticket_ids:
        with member.app.app_context():
            generation = _ticket(ticket_id).share_generation
            member.together()
            if member.index == 0:
                refused = (AlreadyClaimed, NotShared)
                member.attempt("recall", refused, _recall, ticket_id, generation)
            else:
                spent = (AlreadyClaimed, LinkWithdrawn)
                member.attempt("claim", spent, _claim, ticket_id, member.index, generation)


def cancel_or_claim(member: Member, order_ids: list[int]) -> None:
    """The organiser cancels the order while its tickets are claimed."""
    refusals = (AlreadyClaimed, TicketCancelled)
    for order_id in order_ids:
        with member.app.app_context():
            ids = [ticket.id for ticket in db.session.get_one(Order, order_id).tickets]
            member.together()
            if member.index < 2:
                member.attempt("cancel", (), _cancel, order_id)
            else:
                ticket_id = ids[member.index % len(ids)]
                member.attempt("claim", refusals, _claim, ticket_id, member.index)


def check_in_each(member: Member, barcodes: list[str]) -> None:
    """Every door scans the same barcode at once."""
    for barcode in barcodes:
        member.together()
        with member.app.app_context():
            member.attempt("check in", (BarcodeRefused,), _check_in, barcode)


def open_each(member: Member, ticket_ids: list[int]) -> None:
    """Everybody has the shared page open, which nobody told us of, and says so at once."""
    for ticket_id in ticket_ids:
        member.together()
        with member.app.app_context():
            member.attempt("open", (), sharing.opened, _ticket(ticket_id), 1)


def claim_different(member: Member, ticket_ids: list[int], size: int) -> None:
    """Each process has tickets of its own; they only share the database."""
    member.together()
    for ticket_id in ticket_ids[member.index :: size]:
        with member.app.app_context():
            member.attempt("claim", (), _claim, ticket_id, member.index)


def place_same(member: Member, shop_id: int, reference: str, times: int) -> None:
    """The shop's order arrives again and again."""
    member.together()
    for _ in range(times):
        with member.app.app_context():
            member.attempt("place", (), _place, shop_id, reference)


# What they do, with plain values in and out:


def _ticket(ticket_id: int) -> Ticket:
    return db.session.get_one(Ticket, ticket_id)


def _claim(ticket_id: int, number: int, generation: int | None = None) -> None:
    """With a form that was drawn in the first round."""
    who = f"Number{number}"
    personalisation.claim(
        _ticket(ticket_id),
        {**builders.ANNA, "first_name": who, "email": f"{who}.{ticket_id}@example.org"},
        history.VISITOR if generation else history.By("booker"),
        round=1,
        share_generation=generation,
    )


def _edit(ticket_id: int, number: int, revision: int, *, new_barcode: bool = False) -> None:
    personalisation.edit(
        _ticket(ticket_id),
        {**builders.BOB, "last_name": f"Number{number}"},
        builders.ORGANISER,
        revision=revision,
        new_barcode=new_barcode,
        mail_holder=False,
    )


def _reopen(ticket_id: int, revision: int) -> None:
    order = _ticket(ticket_id).order
    personalisation.reopen(order, {ticket_id: revision}, "mix-up", builders.ORGANISER)


def _recall(ticket_id: int, generation: int) -> None:
    sharing.recall(_ticket(ticket_id), history.By("booker"), generation=generation)


def _cancel(order_id: int) -> None:
    cancelling.cancel_order(db.session.get_one(Order, order_id), builders.ORGANISER)


def _check_in(barcode: str) -> None:
    admission.check_in(barcode, history.By("system"))


def _place(shop_id: int, reference: str) -> tuple[str, bool]:
    booker = Booker("Bea", "Booker", "bea@example.org")
    order, new = orders.place(shop_id, reference, booker, [Line("weekend", 3)], locale="en")
    return order.code, new
