"""Capability links: whoever has the link has the right.

A token is 36 characters of `A–Z a–z 0–9 - _`, the base64url of 27 bytes:

    HMAC-SHA256, cut to 16 (128 bits) | link id 8 | generation 2 | key number 1

The key's number stands last and is small, so that a token ends in a letter or digit: programs
that make links of plain text leave a last "-" out.

The HMAC covers the kind as well, so a share link can't serve as an order's. Its key lies outside
the database: a copy of the database opens nothing. A token that fails the HMAC is unknown without
a look into the database; one that passes but is of a former generation was withdrawn.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask import current_app

from ticketing.config import settings
from ticketing.models import EmailChange, Invitation, Order, PretixConnection, Ticket
from ticketing.vault.keys import Keys

_FORM: Final = struct.Struct(">QHB")
_MAC_BYTES: Final = 16
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{36}")


class Kind(StrEnum):
    ORDER = "o"
    SHARE = "s"
    TICKET = "t"
    UNSUBSCRIBE = "u"  # no more reminders for an order's booker
    INVITATION = "i"  # to join an organiser's team
    EMAIL = "e"  # to sign in with another email address
    PRETIX = "p"  # where a pretix says that something happened to an order


class UnknownLink(Exception):
    """We never made this link."""


class LinkWithdrawn(Exception):
    """We made this link, and it was recalled, replaced, or its ticket was reopened."""


@dataclass(frozen=True, slots=True)
class Link:
    kind: Kind
    link_id: int
    generation: int


def make(keys: Keys, link: Link) -> str:
    """The token of a link, under the current key."""
    body = _FORM.pack(link.link_id, link.generation, keys.link_current)
    mac = _mac(keys.link[keys.link_current], link.kind, body)
    return base64.urlsafe_b64encode(mac + body).decode()


def read(keys: Keys, kind: Kind, token: str) -> Link:
    """Which link a token is; raises `UnknownLink`."""
    if not TOKEN.fullmatch(token):
        raise UnknownLink
    try:
        raw = base64.urlsafe_b64decode(token)
    except binascii.Error:
        raise UnknownLink from None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    link_id, generation, number = _FORM.unpack(body)
    # An unknown key number costs the same work as a known one.
    key = keys.link.get(number, b"\0" * 32)
    if not hmac.compare_digest(mac, _mac(key, kind, body)) or number not in keys.link:
        raise UnknownLink
    return Link(kind, link_id, generation)


def _mac(key: bytes, kind: Kind, body: bytes) -> bytes:
    return hmac.digest(key, b"passalong link " + kind.encode() + b" " + body, hashlib.sha256)[
        :_MAC_BYTES
    ]


# With the running app's keys and base URL:


def keys() -> Keys:
    found = current_app.extensions["passalong.keys"]
    assert isinstance(found, Keys)  # noqa: S101 - tells the type checker what create_app put there
    return found


def order_token(order: Order) -> str:
    return make(keys(), Link(Kind.ORDER, order.link_id, order.link_generation))


def ticket_token(ticket: Ticket) -> str:
    return make(keys(), Link(Kind.TICKET, ticket.link_id, ticket.link_generation))


def share_token(ticket: Ticket, generation: int) -> str:
    return make(keys(), Link(Kind.SHARE, ticket.link_id, generation))


def invitation_token(invitation: Invitation) -> str:
    return make(keys(), Link(Kind.INVITATION, invitation.link_id, 1))


def invitation_url(invitation: Invitation) -> str:
    return f"{settings().base_url}/backoffice/invitations/{invitation_token(invitation)}"


def email_change_url(change: EmailChange) -> str:
    token = make(keys(), Link(Kind.EMAIL, change.link_id, 1))
    return f"{settings().base_url}/backoffice/new-email/{token}"


def pretix_hook_url(connection: PretixConnection) -> str:
    """Where pretix sends its webhooks; another one after the shop was connected anew."""
    token = make(keys(), Link(Kind.PRETIX, connection.link_id, 1))
    return f"{settings().base_url}/hooks/pretix/{token}"


def order_url(order: Order) -> str:
    """The overview's address, for mails and the API."""
    return f"{settings().base_url}/o/{order_token(order)}"


def unsubscribe_url(order: Order) -> str:
    """Where the booker stops reminders; it ends when the order's link goes to somebody else."""
    link = Link(Kind.UNSUBSCRIBE, order.link_id, order.link_generation)
    return f"{settings().base_url}/u/{make(keys(), link)}"


def ticket_url(ticket: Ticket) -> str:
    return f"{settings().base_url}/t/{ticket_token(ticket)}"


def share_url(ticket: Ticket, generation: int) -> str:
    return f"{settings().base_url}/s/{share_token(ticket, generation)}"
