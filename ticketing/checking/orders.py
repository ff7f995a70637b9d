"""What must hold of an order as a whole: its history, versions, mails and its search entry."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ticketing.checking.loading import Row, Whole
from ticketing.feed import live
from ticketing.models import CANCELLED
from ticketing.posting import outbox
from ticketing.search import entries as search

# Each of these raises the order's version once; so does a reopen, however many tickets it takes.
TOUCHING: Final = (
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
    "erased",
)
# Each of these raises the ticket's revision.
REVISING: Final = (
    "claimed",
    "edited",
    "completed",
    "new_barcode",
    "reopened",
    "ticket_cancelled",
    "checked_in",
    "made_ready",
)


def problems(whole: Whole) -> Iterator[str]:
    """What is wrong, one sentence each."""
    actions = Counter(entry.action for entry in whole.entries)
    kinds = Counter(mail.kind for mail in whole.mails)
    if not whole.entries or whole.entries[0].action != "placed" or actions["placed"] != 1:
        yield "its history doesn't begin with being placed, once"
        return
    yield from _state(whole, actions)
    yield from _generation(whole)
    yield from _mails(whole, actions, kinds)
    yield from _versions(whole, actions, kinds)
    yield from _search(whole)


def raised(entries: list[Row], which: str) -> int:
    """By how much restores have raised a generation."""
    return sum(
        entry.after[which] - entry.before[which]
        for entry in entries
        if entry.action == "restored" and which in entry.after
    )


def _state(whole: Whole, actions: Counter[str]) -> Iterator[str]:
    order = whole.order
    cancelled = order.state == CANCELLED
    if cancelled != (order.cancelled_at is not None):
        yield "its state and the moment of its cancellation disagree"
    if actions["order_cancelled"] != int(cancelled):
        yield f"it is {order.state}, and its history says “cancelled” {actions['order_cancelled']}×"
    if cancelled and any(ticket.state != CANCELLED for ticket in order.tickets):
        yield "it is cancelled, and not all of its tickets are"
    if [ticket.position for ticket in order.tickets] != [*range(1, len(order.tickets) + 1)]:
        yield "its tickets aren't numbered from 1 without a gap"
    if not order.tickets:
        yield "it has no tickets"
    changes = actions["contact_edited"] + sum(
        entry.action == "erased" and "contact" in entry.after for entry in whole.entries
    )
    if order.revision != 1 + changes:
        yield f"revision {order.revision} after {changes} changes of its contact"


def _generation(whole: Whole) -> Iterator[str]:
    of_order = [entry for entry in whole.entries if entry.ticket_id is None]
    expected = 1 + _readdressed(whole) + raised(of_order, "link")
    if whole.order.link_generation != expected:
        yield f"its link's generation is {whole.order.link_generation}, not {expected}"


def _readdressed(whole: Whole) -> int:
    """How often it went to another address while it stood: each time its link is a new one."""
    ends = (entry.id for entry in whole.entries if entry.action == "order_cancelled")
    end = max(ends, default=whole.entries[-1].id)
    return sum(
        entry.action == "contact_edited" and "email" in entry.after and entry.id <= end
        for entry in whole.entries
    )


def _mails(whole: Whole, actions: Counter[str], kinds: Counter[str]) -> Iterator[str]:
    silent = bool(whole.entries[0].after.get("without_mails", False))
    for kind, expected in (
        (outbox.CONFIRMATION, int(not silent)),
        (outbox.CANCELLED, actions["order_cancelled"]),
        (outbox.TICKETS, actions["order_resent"] + _readdressed(whole)),
    ):
        if kinds[kind] != expected:
            yield f"{kinds[kind]} mails “{kind}” where its history asks for {expected}"


def _versions(whole: Whole, actions: Counter[str], kinds: Counter[str]) -> Iterator[str]:
    order = whole.order
    if not all(1 <= ticket.version <= order.version for ticket in order.tickets):
        yield "a ticket is of a version that its order hasn't reached"
    if not 1 <= order.list_version <= order.version:
        yield "its list of tickets is of a version that it hasn't reached"
    changed = any(e.ticket_id and e.action != "restored" for e in whole.entries)
    if order.version > 1 and changed and all(ticket.version == 1 for ticket in order.tickets):
        yield "tickets changed, and none of them has another version"
    touches = sum(actions[action] for action in TOUCHING) + kinds[outbox.REOPENED]
    # So does a type that asks for nothing any more, however many tickets have it.
    types = {ticket.id: ticket.ticket_type_id for ticket in order.tickets}
    touches += len({types.get(e.ticket_id) for e in whole.entries if e.action == "made_ready"})
    # Tickets that are cancelled along with their order share its one touch.
    # What a shop has changed is touched once: tickets added, cancelled and named in one go.
    alone, named = actions["ticket_cancelled"], _named_later(whole)
    together = order.state == CANCELLED or actions["tickets_added"] or named
    least = 0 if together else alone
    # A restore touches an order once, whatever tickets it renews at that moment; before it was
    # taught to, it touched none.
    restored = len({entry.at for entry in whole.entries if entry.action == "restored"})
    version = order.version % live.OF_A_RESTORE
    if not least <= version - 1 - touches <= alone + named + restored:
        yield f"version {order.version} doesn't follow from its history ({touches} touches)"


def _named_later(whole: Whole) -> int:
    """How many tickets were there already when their shop named their holders."""
    revised = {
        ticket.id: ticket.revision - 1 - whole.erasures[ticket.position]
        for ticket in whole.order.tickets
    }
    for entry in whole.entries:
        if entry.action in REVISING and entry.ticket_id in revised:
            revised[entry.ticket_id] -= 1
    return sum(revised.values())


def _search(whole: Whole) -> Iterator[str]:
    if whole.search is None:
        yield "the search doesn't know it"
    elif dict(whole.search._mapping) != search.values_of(whole.order):
        yield "the search knows it as it was"
