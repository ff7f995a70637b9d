"""A form that comes twice, because the first answer was lost on its way.

It carries a reference, random and made with the page. What is kept of it is a digest, under a key
outside the database, over the reference and everything that was sent.

A claim's, which leads to a ticket's page, is kept with the ticket, and is about the link that it
came by and the generation of the page's link as well. So the same form finds the same ticket again,
and nothing else does: the reference alone opens nothing, nor does a copy of the database; and
whatever gives the ticket another holder, or its page another link, ends it.

That of any other act on an order is kept with its entry in the history, and opens nothing: who has
the right to send the form is told that it was done, instead of having it done once more.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ticketing import links
from ticketing.models import Ticket

_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def new_reference() -> str:
    """128 bits for one form; nothing is kept of it until the form is sent."""
    return secrets.token_urlsafe(16)


def digest_of(
    ticket: Ticket, reference: str, share_generation: int | None, details: Mapping[str, Any]
) -> str | None:
    """Of a claim with these cleaned details; None where the form came without a reference.

    `share_generation` is that of the visitor's link, None for the booker's.
    """
    if not _REFERENCE.fullmatch(reference):
        return None
    link = [ticket.link_id, ticket.link_generation, share_generation]
    return _digest("claim", [*link, reference, details])


def digest_of_form(path: str, reference: str, sent: Sequence[tuple[str, str]]) -> str | None:
    """Of what was sent to a path, as (name, value); None as for a claim."""
    return _digest("form", [path, *sorted(sent)]) if _REFERENCE.fullmatch(reference) else None


def is_repeated(ticket: Ticket, digest: str | None) -> bool:
    """Whether the ticket has its holder by this very claim."""
    kept = ticket.claim_digest
    return bool(kept and digest) and hmac.compare_digest(str(kept), str(digest))


def _digest(what: str, content: object) -> str:
    text = f"passalong {what} {json.dumps(content, sort_keys=True)}"
    return hmac.digest(links.keys().session, text.encode("ascii"), hashlib.sha256).hex()
