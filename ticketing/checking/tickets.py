"""What must hold of one ticket, whatever happened to it.

Its history is told from the start: if an update was lost, written twice, or noted without being
made, the story ends somewhere else than the tables. Sentences name details, never what they hold.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ticketing.asking.holders import holder_of
from ticketing.checking.loading import Row, Whole
from ticketing.checking.orders import REVISING, raised
from ticketing.models import CANCELLED, CHECKED_IN, OPEN, PERSONALISED
from ticketing.posting import outbox

Flooded = Callable[[str], bool]

_NAMING: Final = {"claimed", "named"}
_OF_HOLDER: Final = {"claimed", "named", "edited", "completed", "reopened"}
# In which states of a ticket each of these may happen.
_MAY_HAPPEN: Final = {
    "claimed": {OPEN},
    "named": {OPEN},
    "edited": {OPEN, PERSONALISED, CHECKED_IN},
    "reopened": {OPEN, PERSONALISED},
    "made_ready": {OPEN},
    "completed": {PERSONALISED},
    "checked_in": {PERSONALISED},
    "ticket_cancelled": {OPEN, PERSONALISED, CHECKED_IN},
    "new_barcode": {PERSONALISED, CHECKED_IN},
    "shared": {OPEN},
    "opened": {OPEN},
    "recalled": {OPEN},
}
_THEN: Final = {
    "claimed": PERSONALISED,
    "named": PERSONALISED,
    "reopened": OPEN,
    "made_ready": PERSONALISED,
    "checked_in": CHECKED_IN,
    "ticket_cancelled": CANCELLED,
}


def problems(whole: Whole, ticket: Row, flooded: Flooded) -> Iterator[str]:
    """What is wrong, one sentence each.

    `flooded` says whether claims of strangers have sent an address all the mails that they may.
    """
    kind = whole.types[ticket.ticket_type_id]
    entries, mails = whole.entries_of[ticket.id], whole.mails_of[ticket.id]
    actions = Counter(entry.action for entry in entries)
    yield from _state(ticket, kind)
    yield from _story(ticket, kind, entries)
    yield from _generations(ticket, entries, actions, whole.erasures[ticket.position])
    yield from _shares(ticket, whole.shares[ticket.id], actions)
    if entries or mails:
        yield from _mails(ticket, entries, mails, actions, flooded)


def _state(ticket: Row, kind: Row) -> Iterator[str]:
    if (ticket.state == CANCELLED) != (ticket.cancelled_at is not None):
        yield "its state and the moment of its cancellation disagree"
    named = bool(ticket.first_name)
    if ticket.state == OPEN and (
        holder_of(ticket) or ticket.personalised_at or ticket.personalised_by
    ):
        yield "it is open, and somebody's details are there"
    if ticket.state in {PERSONALISED, CHECKED_IN}:
        if ticket.personalised_at is None:
            yield f"it is {ticket.state}, and nobody knows since when"
        if not named and kind.needs_personal_data:
            yield f"it is {ticket.state} without a name, which its type asks for"
        if named != (ticket.personalised_by is not None):
            yield "its name, and who gave it, disagree"
    if ticket.state != CANCELLED and (ticket.state == CHECKED_IN) != (
        ticket.checked_in_at is not None
    ):
        yield "its state and the moment of its check-in disagree"


@dataclass
class _Told:
    """Where the history has come to."""

    state: str
    holder: dict[str, Any] = field(default_factory=dict)


def _story(ticket: Row, kind: Row, entries: list[Row]) -> Iterator[str]:
    told = _Told(_first_state(kind, entries))
    for entry in entries:
        yield from _step(told, entry)
    if told.state != ticket.state:
        yield f"its history ends “{told.state}”, and it is {ticket.state}"
    now = holder_of(ticket)
    if other := sorted(k for k in {*told.holder, *now} if told.holder.get(k) != now.get(k)):
        yield f"its history tells of another {', '.join(other)}"


def _first_state(kind: Row, entries: list[Row]) -> str:
    """What it was when it was placed: its type may have asked for more, or less, then."""
    if kind.revision > 1:
        if any(entry.action in {"claimed", "named", "shared", "made_ready"} for entry in entries):
            return OPEN
        if entries and entries[0].action == "ticket_cancelled":
            return str(entries[0].before["state"])
    return OPEN if kind.needs_personal_data else PERSONALISED


def _step(told: _Told, entry: Row) -> Iterator[str]:
    action, before, after = entry.action, entry.before, entry.after
    if told.state not in _MAY_HAPPEN.get(action, {told.state}):
        yield f"its history says “{action}” while it was {told.state}"
    if action in _NAMING and before:
        yield f"its history says “{action}”, and somebody had been there before"
    if action == "reopened" and before != told.holder:
        yield "its history says “reopened”, and of another holder than the one it had"
    if action == "made_ready" and told.holder:
        yield "its history says “made_ready” though it had a holder"
    if action == "completed" and not before.keys() <= after.keys():
        yield "its history says “completed”, and something went away"
    if action == "ticket_cancelled" and before.get("state") != told.state:
        yield f"its history says that “{before.get('state')}” was cancelled, it was {told.state}"
    if action == "edited" and told.state == OPEN:
        told.state = PERSONALISED
    told.state = _THEN.get(action, told.state)
    if action in _OF_HOLDER:
        for key in {*before, *after} - {"barcode"}:
            if told.holder.get(key, "") != before.get(key, ""):
                yield f"its history says “{action}” from another {key} than the one it had"
            told.holder[key] = after.get(key, "")
        told.holder = {key: value for key, value in told.holder.items() if value}


def _generations(
    ticket: Row, entries: list[Row], actions: Counter[str], erased: int
) -> Iterator[str]:
    renewing_edits = sum(e.action == "edited" and "barcode" in e.after for e in entries)
    renewed = actions["reopened"] + actions["new_barcode"] + actions["ticket_cancelled"]
    links = 1 + actions["reopened"] + renewing_edits + raised(entries, "link")
    barcodes = 1 + renewing_edits + renewed + raised(entries, "barcode")
    for what, is_, expected in (
        ("round", ticket.round, 1 + actions["reopened"]),
        ("link's generation", ticket.link_generation, links),
        ("barcode's generation", ticket.barcode_generation, barcodes),
    ):
        if is_ != expected:
            yield f"its {what} is {is_}, not {expected}"
    # A ticket that came with its holder was born so; one that was named later was revised.
    later = ticket.revision - 1 - erased - sum(actions[each] for each in REVISING)
    born = actions["named"] and entries[0].action == "named"
    if later not in ({0, 1} if born else {actions["named"]}):
        yield f"revision {ticket.revision} doesn't follow from its history"


def _shares(ticket: Row, shares: list[Row], actions: Counter[str]) -> Iterator[str]:
    endings = Counter(share.ended_by for share in shares)
    live = [share for share in shares if share.ended_at is None]
    if len(live) > 1:
        yield f"{len(live)} links to it are out at once"
    if any((share.ended_at is None) != (share.ended_by is None) for share in shares):
        yield "a share ended without a reason, or has one without having ended"
    if any(share.generation > ticket.share_generation for share in shares):
        yield "a share is of a generation that isn't reached"
    if live and ticket.state != OPEN:
        yield f"a link to it is out, and it is {ticket.state}"
    if live and live[-1].generation != ticket.share_generation:
        yield "the link that is out is of a former generation"
    withdrawn = actions["recalled"] + actions["reopened"] + actions["made_ready"]
    if ticket.share_generation < 1 + 2 * withdrawn:
        yield f"links were withdrawn {withdrawn}×, and some of them still open it"
    opened = sum(share.opened_at is not None for share in shares)
    for action, told, found in (
        ("recalled", actions["recalled"], endings["recalled"]),
        ("opened", actions["opened"], opened),
    ):
        if told != found:
            yield f"its history says “{action}” {told}×, its shares {found}×"
    takers = actions["claimed"] + actions["named"] + actions["edited"]
    for ending, most in (
        ("claimed", takers),
        ("reopened", actions["reopened"]),
        ("ready", actions["made_ready"]),
    ):
        if endings[ending] > most:
            yield f"{endings[ending]} of its shares ended as “{ending}”, its history says {most}×"


def _mails(
    ticket: Row, entries: list[Row], mails: list[Row], actions: Counter[str], flooded: Flooded
) -> Iterator[str]:
    told = Counter(str(e.after["email"]) for e in entries if _says_address(e, "claimed"))
    named = Counter(str(e.after["email"]) for e in entries if _says_address(e, "named"))
    mailed = Counter(m.recipient for m in mails if m.kind == outbox.TICKET and not m.params)
    # Who places an order chooses whether its holders are mailed.
    mailed -= named & (mailed - told)
    if mailed - told:
        yield "more mails to holders than claims"
    if any(not flooded(address) for address in told - mailed):
        yield "a claim without its mail"
    asked = sum("asked" in mail.params for mail in mails)
    if asked != actions["ticket_resent"]:
        yield f"sent again {actions['ticket_resent']}× by its history, {asked}× by the outbox"
    if sum(bool(mail.params.get("edited")) for mail in mails) > actions["edited"]:
        yield "more mails about edits than edits"
    shared = [mail for mail in mails if mail.kind == outbox.SHARE]
    to = [str(e.after.get("to")) for e in entries if e.action == "shared" and "to" in e.after]
    if sorted(mail.recipient for mail in shared) != sorted(to):
        yield "what was shared by email, and the mails that were written for it, disagree"
    if not all(1 <= mail.params["generation"] <= ticket.share_generation for mail in shared):
        yield "a mail shares a link that isn't made yet"


def _says_address(entry: Row, action: str) -> bool:
    return entry.action == action and "email" in entry.after
