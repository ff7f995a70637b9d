"""A claim that comes twice, because the first answer was lost on its way.

The form carries a reference, random and made with the page. What is kept of it with the ticket is a
digest, under a key outside the database, over the reference, everything that was typed, the link
that it came by, and the generation of the page's link that it led to. So the same form finds the
same ticket again, and nothing else does: the reference alone opens nothing, nor does a copy of the
database; and whatever gives the ticket another holder, or its page another link, ends it.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
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
    claim = [ticket.link_id, ticket.link_generation, share_generation, reference, details]
    text = json.dumps(claim, sort_keys=True)
    key = links.keys().session
    return hmac.digest(key, b"passalong claim " + text.encode("ascii"), hashlib.sha256).hex()


def is_repeated(ticket: Ticket, digest: str | None) -> bool:
    """Whether the ticket has its holder by this very claim."""
    kept = ticket.claim_digest
    return bool(kept and digest) and hmac.compare_digest(str(kept), str(digest))
