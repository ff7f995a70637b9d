"""Taking people's details out of orders: out of tickets, contact, history, shares and mails.

What is left says that there were tickets, what became of them and when: each detail that was there
is replaced by `names.ERASED`, so that counts, histories and barcodes stay true. Programs that
follow the orders hear of it. Nothing brings the details back.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking.fields import OF_TICKET, ONE_NAME
from ticketing.asking.holders import holder_of
from ticketing.asking.names import ERASED
from ticketing.feed import live
from ticketing.guards import locked_all
from ticketing.history import By
from ticketing.mailing.letter import Reason
from ticketing.models import (
    Call,
    CallTry,
    HistoryEntry,
    Order,
    OutboxMail,
    Share,
    Ticket,
)
from ticketing.ordering.gathering import written_alike
from ticketing.ordering.orders import FORGOTTEN
from ticketing.privacy.people import Everybody, Person
from ticketing.privacy.stories import Story

# What changes who holds a ticket.
HOLDING: Final = frozenset({"claimed", "named", "edited", "completed", "reopened"})
CONTACT: Final = "contact_edited"
_BY_NAME: Final = frozenset({"booker", "visitor", "holder"})  # who act under their own names


@dataclass
class Erased:
    """What went: how many orders had something of it, and how many tickets lost their holder."""

    orders: int = 0
    tickets: int = 0
    bookers: int = 0
    shares: int = 0
    mails: int = 0
    entries: int = 0

    def __iadd__(self, other: "Erased") -> "Erased":
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def erase_in(
    session: Session, order_ids: Collection[int], who: Person | Everybody, by: By, *, why: str
) -> Erased:
    """Erase somebody, or everybody, in these orders, in the caller's transaction.

    `why` stands in the history as the reason: `asked` or `over`. An order that holds nothing of
    them stays untouched, so twice is the same as once.
    """
    done = Erased()
    orders = locked_all(session, order_ids)
    ids = [order.id for order in orders]
    entries = _by_order(session, HistoryEntry, ids)
    mails = _by_order(session, OutboxMail, ids)
    shares = _shares_of(session, ids)
    changed: list[Order] = []
    for order in orders:
        found = _InOrder(
            order, who, entries.get(order.id, []), mails.get(order.id, []), shares.get(order.id, [])
        )
        done += found.erase(session, by, why)
        if found.done.orders:
            changed.append(order)
    if changed:
        _write_alike(changed, entries)
        # All at once: each statement has SQLAlchemy write what it knows so far.
        _forget_answers(session, [order.id for order in changed])
    return done


def _write_alike(orders: Sequence[Order], entries: Mapping[int, Sequence[HistoryEntry]]) -> None:
    written_alike(orders, *OF_TICKET, "revision")
    for order in orders:
        written_alike(order.tickets, *OF_TICKET, "details", "revision")
        changed = [entry for entry in entries.get(order.id, []) if inspect(entry).modified]
        written_alike(changed, "before", "after", "actor_name", "reason")


@dataclass
class _InOrder:
    """One order with all that belongs to it, and whose details are to go."""

    order: Order
    who: Person | Everybody
    entries: Sequence[HistoryEntry]
    mails: Sequence[OutboxMail]
    shares: Sequence[Share]
    # Their addresses as they come to light: of each ticket, under None of the contact.
    addresses: dict[int | None, set[str]] = field(default_factory=dict)
    tickets: list[Ticket] = field(default_factory=list)  # that lose their holder
    done: Erased = field(default_factory=Erased)

    def erase(self, session: Session, by: By, why: str) -> Erased:
        order = self.order
        before = _marks(self.entries)
        self._forget_holders()
        self._forget_contact()
        self._forget_shares()
        self._forget_mails()
        self._forget_addresses()
        self.done.entries = sum(
            was != now_ for was, now_ in zip(before, _marks(self.entries), strict=True)
        )
        if not any(vars(self.done).values()):
            return self.done
        self._forget_reasons()
        self.done.orders = 1
        order.content_digest = FORGOTTEN
        told: dict[str, Any] = {"tickets": [ticket.position for ticket in self.tickets]}
        if self.done.bookers:
            told["contact"] = True
        history.record(session, order, "erased", by, after=told, reason=why)
        live.touch(session, order, order.tickets)
        return self.done

    def _forget_holders(self) -> None:
        for ticket in self.order.tickets:
            holding = [
                entry
                for entry in self.entries
                if entry.ticket_id == ticket.id and entry.action in HOLDING
            ]
            story = Story(holder_of(ticket), holding)
            theirs = story.told_of(self.who)
            if isinstance(self.who, Person) and ticket.id == self.who.ticket_id:
                theirs[-1] = bool(story.states[-1])
            self._learn(ticket.id, story, theirs)
            self._learn_from_shares(ticket, holding, theirs)
            gone = story.forget(theirs)
            if any(value != ERASED for key in gone for value in [holder_of(ticket).get(key)]):
                _forget_holder(ticket, gone)
                self.tickets.append(ticket)
        self.done.tickets = len(self.tickets)

    def _learn(self, ticket_id: int | None, story: Story, theirs: Sequence[bool]) -> None:
        """Who is known by a number, or by name alone, has addresses too."""
        known = {
            str(s.get("email", "")).lower()
            for s, mine in zip(story.states, theirs, strict=True)
            if mine
        }
        if not theirs[-1]:  # what the present holder has as well is theirs by now
            known.discard(str(story.states[-1].get("email", "")).lower())
        self.addresses[ticket_id] = known - {"", ERASED}

    def _learn_from_shares(
        self, ticket: Ticket, holding: Sequence[HistoryEntry], theirs: Sequence[bool]
    ) -> None:
        """Whom a share was mailed to is who claimed through it, whichever address they gave."""
        for share in self.shares:
            if share.ticket_id != ticket.id or share.ended_by != "claimed" or not share.recipient:
                continue
            if share.ended_at is None or not holding:
                continue
            at = min(range(len(holding)), key=lambda i: _apart(holding[i], share))
            if theirs[at + 1]:
                self.addresses[ticket.id].add(share.recipient.lower())

    def _forget_contact(self) -> None:
        order = self.order
        changed = [entry for entry in self.entries if entry.action == CONTACT]
        story = Story({key: getattr(order, key) for key in OF_TICKET}, changed)
        theirs = story.told_of(self.who)
        self._learn(None, story, theirs)
        called = {
            f"{state.get('first_name', '')} {state.get('last_name', '')}".strip()
            for state, mine in zip(story.states, theirs, strict=True)
            if mine
        }
        for entry in self.entries:
            everybody = isinstance(self.who, Everybody)
            if entry.actor in _BY_NAME and (everybody or entry.actor_name in called):
                entry.actor_name = ""
        gone = story.forget(theirs)
        if any(getattr(order, key) != ERASED for key in gone):
            for key in gone:
                setattr(order, key, ERASED)
            order.revision += 1
            self.done.bookers = 1

    def _forget_shares(self) -> None:
        for share in self.shares:
            if self._is_theirs(share.recipient, share.ticket_id):
                share.recipient = ERASED
                self.done.shares += 1

    def _forget_mails(self) -> None:
        for mail in self.mails:
            if not self._is_theirs(mail.recipient, mail.ticket_id):
                continue
            mail.recipient = ERASED
            mail.asked_from = ""
            if mail.state == "waiting":
                mail.state, mail.last_error = "withdrawn", Reason.ERASED.value
            elif mail.state != "withdrawn":
                mail.last_error = ""  # mail servers quote the address that they refuse
            self.done.mails += 1

    def _forget_addresses(self) -> None:
        """Where the history says to whom something was sent."""
        for entry in self.entries:
            for side in ("before", "after"):
                values: dict[str, Any] = getattr(entry, side)
                if self._is_theirs(str(values.get("to", "")), entry.ticket_id):
                    setattr(entry, side, {**values, "to": ERASED})

    def _forget_reasons(self) -> None:
        """People explain themselves with names; ours are words of the software."""
        for entry in self.entries:
            if entry.reason and entry.action != "erased":
                entry.reason = ERASED

    def _is_theirs(self, address: str, ticket_id: int | None) -> bool:
        if address in {"", ERASED}:
            return False
        theirs = self.addresses.get(ticket_id, set()) | self.who.addresses
        return isinstance(self.who, Everybody) or address.lower() in theirs


def _forget_holder(ticket: Ticket, keys: Collection[str]) -> None:
    for key in set(keys) & set(OF_TICKET):
        setattr(ticket, key, ERASED)
    ticket.details = {
        key: ERASED if key in keys else value
        for key, value in ticket.details.items()
        if key != ONE_NAME
    }
    ticket.claim_digest = None
    ticket.revision += 1


def _forget_answers(session: Session, order_ids: Collection[int]) -> None:
    """Other programs' answers may repeat what they were told."""
    of_orders = select(Call.id).where(Call.order_id.in_(order_ids))
    session.execute(
        update(CallTry).where(CallTry.call_id.in_(of_orders)).values(answer="", error=""),
        execution_options={"synchronize_session": False},
    )


def _by_order(session: Session, model: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
    """{order id: its rows}, in the sequence in which they were written."""
    wanted = (
        select(model)
        .where(model.order_id.in_(ids))
        .order_by(model.order_id, model.id)
        .execution_options(populate_existing=True)
    )
    return {key: list(rows) for key, rows in groupby(session.scalars(wanted), _order_id)}


def _order_id(row: Any) -> int:
    return int(row.order_id)


def _shares_of(session: Session, ids: Sequence[int]) -> dict[int, list[Share]]:
    wanted = (
        select(Ticket.order_id, Share)
        .join(Share, Share.ticket_id == Ticket.id)
        .where(Ticket.order_id.in_(ids))
        .order_by(Ticket.order_id, Share.id)
    )
    found: dict[int, list[Share]] = {}
    for order_id, share in session.execute(wanted):
        found.setdefault(order_id, []).append(share)
    return found


def _marks(entries: Sequence[HistoryEntry]) -> list[tuple[object, ...]]:
    return [(entry.before, entry.after, entry.actor_name) for entry in entries]


def _apart(entry: HistoryEntry, share: Share) -> dt.timedelta:
    return abs(entry.at - share.ended_at) if share.ended_at else dt.timedelta.max


def in_portions(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """So many at a time, so that nobody waits long for a transaction."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
