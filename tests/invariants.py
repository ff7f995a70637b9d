"""What must hold of every order whatever happened to it: asked after each race and each step.

The history is replayed: if an update was lost, written twice, or noted without being made, the
replay ends somewhere else than the tables.
"""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.search import peeking
from ticketing import orders, outbox
from ticketing.extensions import db
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Change,
    HistoryEntry,
    Order,
    OutboxMail,
    Ticket,
)
from ticketing.personalisation import CLAIM_MAILS_PER_RECIPIENT, holder_of
from ticketing.search import entries as search
from ticketing.search.index import entries as found_by

# Each of these raises the order's version once; so does a reopen, however many tickets it takes.
TOUCHING = [
    "claimed",
    "edited",
    "completed",
    "new_barcode",
    "checked_in",
    "shared",
    "opened",
    "recalled",
    "contact_edited",
    "order_cancelled",
    "tickets_added",
]
REVISING = [
    "claimed",
    "edited",
    "completed",
    "new_barcode",
    "reopened",
    "ticket_cancelled",
    "checked_in",
    "made_ready",
]


def check(session: Session, order_ids: Collection[int] | None = None) -> None:
    """Look at these orders (default: all); raises `AssertionError` with what is wrong."""
    session.rollback()
    wanted = select(Order).options(*orders.with_tickets())
    if order_ids is not None:
        wanted = wanted.where(Order.id.in_(order_ids))
    engine, indexed = session.get_bind().dialect.name, peeking.indexed(session)
    for order in session.scalars(wanted):
        entries = list(
            session.scalars(
                select(HistoryEntry)
                .where(HistoryEntry.order_id == order.id)
                .order_by(HistoryEntry.id)
            )
        )
        mails = list(session.scalars(select(OutboxMail).where(OutboxMail.order_id == order.id)))
        _check_order(order, entries, mails)
        _check_search(session, order)
        assert indexed.get(order.id) == peeking.expected(order, engine=engine), "index out of step"
        _check_versions(session, order, entries, mails)
        for ticket in order.tickets:
            of_ticket = [entry for entry in entries if entry.ticket_id == ticket.id]
            _check_state(ticket)
            _check_replay(ticket, of_ticket)
            _check_generations(ticket, of_ticket)
            _check_shares(ticket, of_ticket)
            _check_mails(ticket, of_ticket, [m for m in mails if m.ticket_id == ticket.id])
    session.rollback()


def _check_order(order: Order, entries: list[HistoryEntry], mails: list[OutboxMail]) -> None:
    actions = Counter(entry.action for entry in entries)
    kinds = Counter(mail.kind for mail in mails)
    assert entries[0].action == "placed", order.code
    silent = entries[0].after.get("without_mails", False)
    assert actions["placed"] == 1, (order.code, actions)
    assert kinds[outbox.CONFIRMATION] == int(not silent), (order.code, kinds)
    cancelled = order.state == CANCELLED
    assert cancelled == (order.cancelled_at is not None)
    assert actions["order_cancelled"] == kinds[outbox.CANCELLED] == int(cancelled)
    if cancelled:
        assert {ticket.state for ticket in order.tickets} == {CANCELLED}
    readdressed = [e for e in entries if e.action == "contact_edited" and "email" in e.after]
    end = max((e.id for e in entries if e.action == "order_cancelled"), default=entries[-1].id)
    told = sum(entry.id <= end for entry in readdressed)
    assert order.link_generation == 1 + told, "another address, another link"
    assert actions["order_resent"] + told == kinds[outbox.TICKETS]
    assert order.revision == 1 + actions["contact_edited"]
    assert len({mail.message_id for mail in mails}) == len(mails)


def _check_search(session: Session, order: Order) -> None:
    row = session.execute(select(found_by).where(found_by.c.order_id == order.id)).mappings().one()
    assert dict(row) == search.values_of(order), "the search entry is out of date"


def _check_versions(
    session: Session, order: Order, entries: list[HistoryEntry], mails: list[OutboxMail]
) -> None:
    versions = list(
        session.scalars(
            select(Change.version).where(Change.order_id == order.id).order_by(Change.id)
        )
    )
    assert versions == list(range(2, order.version + 1)), f"{order.version}: {versions}"
    assert all(1 <= ticket.version <= order.version for ticket in order.tickets)
    if order.version > 1 and any(entry.ticket_id for entry in entries):
        assert max(ticket.version for ticket in order.tickets) > 1
    actions = Counter(entry.action for entry in entries)
    touches = sum(actions[action] for action in TOUCHING)
    touches += sum(mail.kind == outbox.REOPENED for mail in mails)
    # So does a type that asks for nothing any more, however many tickets have it.
    touches += len(
        {e.ticket and e.ticket.ticket_type_id for e in entries if e.action == "made_ready"}
    )
    # Tickets that are cancelled along with their order share its one touch.
    # What a shop has changed is touched once: tickets added, cancelled and named in one go.
    alone, named = actions["ticket_cancelled"], _named_later(order, entries)
    together = order.state == CANCELLED or actions["tickets_added"] or named
    least = 0 if together else alone
    assert least <= order.version - 1 - touches <= alone + named, (order.version, actions)


def _named_later(order: Order, entries: list[HistoryEntry]) -> int:
    """How many tickets were there already when their shop named their holders."""
    revised = {ticket.id: ticket.revision - 1 for ticket in order.tickets}
    for entry in entries:
        if entry.action in REVISING and entry.ticket_id is not None:
            revised[entry.ticket_id] -= 1
    return sum(revised.values())


def _check_state(ticket: Ticket) -> None:
    where = ticket.code
    assert (ticket.state == CANCELLED) == (ticket.cancelled_at is not None), where
    named = bool(ticket.first_name)
    if ticket.state == OPEN:
        assert holder_of(ticket) == {}, where
        assert ticket.personalised_at is None, where
        assert ticket.personalised_by is None, where
    if ticket.state in {PERSONALISED, CHECKED_IN}:
        assert ticket.personalised_at is not None, where
        assert named or not ticket.type.needs_personal_data, where
        assert named == (ticket.personalised_by is not None), where
    if ticket.state != CANCELLED:
        assert (ticket.state == CHECKED_IN) == (ticket.checked_in_at is not None), where


def _check_replay(ticket: Ticket, entries: list[HistoryEntry]) -> None:
    """The history, told from the start, ends at what the tables say."""
    state = _first_state(ticket, entries)
    holder: dict[str, str] = {}
    for entry in entries:
        told = (ticket.code, entry.action, entry.before, entry.after)
        if entry.action in {"claimed", "named"}:
            assert state == OPEN, told
            assert not entry.before, told
        if entry.action in {"claimed", "named", "edited"}:
            assert state != CANCELLED, told
            state = PERSONALISED if state == OPEN else state
        elif entry.action == "reopened":
            assert state in {OPEN, PERSONALISED}, told
            assert entry.before == holder, told
            state = OPEN
        elif entry.action == "made_ready":
            assert state == OPEN, told
            assert not holder, told
            state = PERSONALISED
        elif entry.action == "completed":
            assert state == PERSONALISED, told
            gone = [key for key in entry.before if key not in entry.after]
            assert not gone, told
        elif entry.action == "checked_in":
            assert state == PERSONALISED, told
            state = CHECKED_IN
        elif entry.action == "ticket_cancelled":
            assert entry.before["state"] == state, told
            state = CANCELLED
        elif entry.action == "new_barcode":
            assert state in {PERSONALISED, CHECKED_IN}, told
        elif entry.action in {"shared", "opened", "recalled"}:
            assert state == OPEN, told
        if entry.action in {"claimed", "named", "edited", "completed", "reopened"}:
            for key in ({*entry.before, *entry.after}) - {"barcode"}:
                assert holder.get(key, "") == entry.before.get(key, ""), told
                holder[key] = entry.after.get(key, "")
            holder = {key: value for key, value in holder.items() if value}
    assert (state, holder) == (ticket.state, holder_of(ticket)), ticket.code


def _first_state(ticket: Ticket, entries: list[HistoryEntry]) -> str:
    """What the ticket was when it was placed: its type may have asked for more, or less, then."""
    if ticket.type.revision > 1:
        if any(entry.action in {"claimed", "named", "shared", "made_ready"} for entry in entries):
            return OPEN
        if entries and entries[0].action == "ticket_cancelled":
            return str(entries[0].before["state"])
    return OPEN if ticket.type.needs_personal_data else PERSONALISED


def _check_generations(ticket: Ticket, entries: list[HistoryEntry]) -> None:
    actions = Counter(entry.action for entry in entries)
    renewing_edits = sum(e.action == "edited" and "barcode" in e.after for e in entries)
    assert ticket.round == 1 + actions["reopened"]
    assert ticket.link_generation == 1 + actions["reopened"] + renewing_edits
    assert ticket.barcode_generation == 1 + renewing_edits + sum(
        actions[each] for each in ("reopened", "new_barcode", "ticket_cancelled")
    )
    # A ticket that came with its holder was born so; one that was named later was revised.
    later = ticket.revision - 1 - sum(actions[each] for each in REVISING)
    born = actions["named"] and entries[0].action == "named"
    assert later in ({0, 1} if born else {actions["named"]})


def _check_shares(ticket: Ticket, entries: list[HistoryEntry]) -> None:
    actions = Counter(entry.action for entry in entries)
    endings = Counter(share.ended_by for share in ticket.shares)
    live = [share for share in ticket.shares if share.ended_at is None]
    assert len(live) <= 1, f"{ticket.code} has {len(live)} live shares"
    assert all((share.ended_at is None) == (share.ended_by is None) for share in ticket.shares)
    assert all(share.generation <= ticket.share_generation for share in ticket.shares)
    if live:
        assert ticket.state == OPEN, f"{ticket.code}: a live share of a {ticket.state} ticket"
        assert live[0].generation == ticket.share_generation
        assert ticket.share is live[0]
    assert actions["recalled"] == endings["recalled"]
    assert actions["opened"] == sum(share.opened_at is not None for share in ticket.shares)
    assert endings["claimed"] <= actions["claimed"] + actions["named"] + actions["edited"]
    assert endings["reopened"] <= actions["reopened"]
    withdrawn = actions["recalled"] + actions["reopened"] + actions["made_ready"]
    assert ticket.share_generation >= 1 + 2 * withdrawn
    assert endings["ready"] <= actions["made_ready"]


def _is_flooded(address: str) -> bool:
    """Whether claims of strangers have sent this address all that they may."""
    found = select(OutboxMail.id).where(OutboxMail.kind == outbox.TICKET, outbox.to(address))
    return len(db.session.scalars(found).all()) >= CLAIM_MAILS_PER_RECIPIENT


def _check_mails(ticket: Ticket, entries: list[HistoryEntry], mails: list[OutboxMail]) -> None:
    actions = Counter(entry.action for entry in entries)
    of_claim = [mail for mail in mails if mail.kind == outbox.TICKET and not mail.params]
    told = [str(entry.after["email"]) for entry in entries if _claims_with_email(entry)]
    mailed = Counter(mail.recipient for mail in of_claim)
    # Who places an order chooses whether its holders are mailed.
    named = Counter(
        str(e.after["email"]) for e in entries if e.action == "named" and "email" in e.after
    )
    mailed -= named & (mailed - Counter(told))
    assert mailed <= Counter(told), "no more than one mail a claim"
    unmailed = Counter(told) - mailed
    assert not unmailed or all(_is_flooded(address) for address in unmailed), "one mail a claim"
    asked = [mail for mail in mails if "asked" in mail.params]
    assert len(asked) == actions["ticket_resent"]
    edited = [mail for mail in mails if mail.params.get("edited")]
    assert len(edited) <= actions["edited"]
    by_email = [e for e in entries if e.action == "shared" and e.after["channel"] == "email"]
    shared = [mail for mail in mails if mail.kind == outbox.SHARE]
    assert sorted(m.recipient for m in shared) == sorted(str(e.after["to"]) for e in by_email)
    for mail in shared:
        assert 1 <= mail.params["generation"] <= ticket.share_generation


def _claims_with_email(entry: HistoryEntry) -> bool:
    return entry.action == "claimed" and "email" in entry.after
