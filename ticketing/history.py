"""What happened to an order: who, what, when, before → after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ticketing import metrics
from ticketing.extensions import db
from ticketing.models import HistoryEntry, Order, Ticket
from ticketing.ordering.gathering import put
from ticketing.pretix import queue as pretix
from ticketing.search import entries
from ticketing.vault import revoked
from ticketing.webhooks import happenings


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: `booker`, `visitor`, `holder`, `organiser`, `shop` or `system`.

    `form` is the digest of the form that they sent, see `repeats`.
    """

    kind: str
    name: str = ""
    user_id: int | None = None
    form: str | None = None


SYSTEM = By("system")
DOOR = By("system", "Door")  # its name is said in the reader's language
SHOP = By("shop")
VISITOR = By("visitor")


def booker(order: Order) -> By:
    return By("booker", f"{order.first_name} {order.last_name}".strip())


def record(
    session: Session,
    order: Order,
    action: str,
    by: By,
    *,
    ticket: Ticket | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add an entry in the caller's transaction; of `before` and `after` only what differs.

    The organiser's webhooks hear of it, a pretix that sold the ticket, the search, and the file of
    what was taken back.
    """
    was, is_ = dict(before or {}), dict(after or {})
    changed = [key for key in {**was, **is_} if was.get(key, "") != is_.get(key, "")]
    put(
        session,
        HistoryEntry,
        order_id=order.id,
        ticket_id=ticket.id if ticket else None,
        actor=by.kind,
        actor_name=by.name,
        user_id=by.user_id,
        action=action,
        before={key: was[key] for key in changed if key in was},
        after={key: is_[key] for key in changed if key in is_},
        reason=reason,
        form_digest=by.form,
    )
    entries.note(session, order, action)
    metrics.note(session, action, by.kind)
    happenings.note(session, order, action, ticket=ticket, before=was)
    pretix.note(session, order, action, ticket)
    revoked.note_happening(session, order, action, ticket)


def is_repeated(session: Session, order: Order, by: By) -> bool:
    """Whether this very form was sent before, and did what it asks for.

    In the caller's transaction, which has locked the order.
    """
    return by.form is not None and of_form(session, order.id, by.form) is not None


def of_form(session: Session, order_id: int, form: str) -> HistoryEntry | None:
    """What came of a form (`By.form`), by its first entry."""
    wanted = select(HistoryEntry).where(
        HistoryEntry.order_id == order_id,  # it has an index
        HistoryEntry.form_digest == form,
    )
    return session.scalar(wanted.order_by(HistoryEntry.id).limit(1))


def of_order(order_id: int) -> list[HistoryEntry]:
    """An order's entries, newest first, each with its ticket loaded."""
    return list(
        db.session.scalars(
            select(HistoryEntry)
            .where(HistoryEntry.order_id == order_id)
            .options(joinedload(HistoryEntry.ticket))
            .order_by(HistoryEntry.id.desc())
        )
    )
