"""What was personalised here goes back to pretix's order positions: name and email.

A position is read before it is written: where pretix knows the same already, nothing is sent. So
the webhook that our own write causes finds nothing to do here, and causes no further write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ticketing.asking import names
from ticketing.models import Ticket
from ticketing.pretix.client import Client, NotThere
from ticketing.pretix.reading import name_of

# pretix's name schemes that hold a name as one piece; in all others it has two.
_WHOLE: Final = frozenset({"full", "calling_full", "full_transcription"})


class Gone(Exception):
    """pretix has no such position any more, or it isn't of this order."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom pretix is to be told of."""

    code: str  # of pretix's order
    position: str
    first_name: str
    last_name: str
    email: str


def holder_of(ticket: Ticket, code: str) -> Holder:
    return Holder(
        code=code,
        position=ticket.external_id or "",
        first_name=ticket.first_name,
        last_name=ticket.last_name,
        email=ticket.email,
    )


def write(client: Client, holder: Holder) -> bool:
    """Tell pretix who comes; whether it didn't know. Raises `Gone` and what `client` raises."""
    try:
        known = client.position(holder.position)
        if known.get("order") != holder.code:
            raise Gone
        changed = changes(known, holder, lambda: client.name_scheme())
        if not changed:
            return False
        client.change_position(holder.position, changed)
    except NotThere:
        raise Gone from None
    return True


def changes(known: Mapping[str, Any], holder: Holder, scheme_of_event: Any) -> dict[str, Any]:
    """What of a position is to be changed, as pretix's API takes it."""
    changed: dict[str, Any] = {}
    parts = known.get("attendee_name_parts")
    parts = parts if isinstance(parts, dict) else {}
    there = name_of(parts, known.get("attendee_name"))
    whole = names.full(holder.first_name, holder.last_name)
    scheme = str(parts.get("_scheme") or "")
    in_one = scheme in _WHOLE or "_legacy" in parts
    same = there == (holder.first_name, holder.last_name) or (
        in_one and names.full(*there) == whole
    )
    if whole and not same:
        changed |= _name(scheme or str(scheme_of_event()), holder, whole)
    if holder.email and (known.get("attendee_email") or "") != holder.email:
        changed["attendee_email"] = holder.email
    return changed


def _name(scheme: str, holder: Holder, whole: str) -> dict[str, Any]:
    if not scheme:  # the token may not read the event's settings
        return {"attendee_name": whole}
    if scheme in _WHOLE:
        parts = {"_scheme": scheme, "full_name": whole}
        if scheme == "calling_full":
            parts["calling_name"] = holder.first_name
    else:
        parts = {
            "_scheme": scheme,
            "given_name": holder.first_name,
            "family_name": holder.last_name,
        }
    return {"attendee_name_parts": parts}
