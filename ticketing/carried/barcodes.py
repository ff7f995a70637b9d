"""What the QR holds and the door reads.

75 bytes — version 1 | barcode id 8 | generation 2 | Ed25519 signature 64 — as 120 characters of
base32 (RFC 4648), which a QR stores in its dense alphanumeric mode. No personal data. A raised
generation refuses the former barcode.

Each event signs with a key of its own, so that a door without a network, which knows the event's
public key and `doors.refused`, takes nobody else's ticket. `docs/doors.md` says how.
"""

import base64
import binascii
import hmac
import struct
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ticketing.extensions import db
from ticketing.links import keys
from ticketing.models import CANCELLED, CHECKED_IN, OPEN, Order, Ticket

_FORM: Final = struct.Struct(">BQH")
_VERSION: Final = 2
_FIRST_VERSION: Final = 1  # one key for all events: still read, no longer made
_SIGNATURE_BYTES: Final = 64


class BarcodeRefused(Exception):
    """The door must not let this barcode in; `reason` says why.

    Reasons: `unknown` (not ours, or of another event), `replaced` (a newer barcode exists), `open`
    (nobody's yet), `cancelled`, `checked_in` (already used).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text_of(ticket: Ticket) -> str:
    """The barcode's text as of the ticket's present generation."""
    body = _FORM.pack(_VERSION, ticket.barcode_id, ticket.barcode_generation)
    signature = _private_key(_VERSION, ticket.type.event_id).sign(b"passalong " + body)
    return base64.b32encode(body + signature).decode()


def public_key(event_id: int) -> bytes:
    """The 32 bytes by which a door knows an event's barcodes."""
    return _private_key(_VERSION, event_id).public_key().public_bytes_raw()


def look_up(text: str, *, event_id: int | None = None) -> Ticket:
    """The ticket that this barcode admits now, to this event; raises `BarcodeRefused`.

    Its order, shop and event are loaded along.
    """
    try:
        raw = base64.b32decode(text.strip())
        body, signature = raw[: _FORM.size], raw[_FORM.size :]
        version, barcode_id, generation = _FORM.unpack(body)
    except (binascii.Error, ValueError, struct.error):
        raise BarcodeRefused("unknown") from None
    if version not in {_FIRST_VERSION, _VERSION} or len(signature) != _SIGNATURE_BYTES:
        raise BarcodeRefused("unknown")
    ticket = _ticket(barcode_id)
    if ticket is None or event_id not in {None, ticket.type.event_id}:
        raise BarcodeRefused("unknown")
    try:
        key = _private_key(version, ticket.type.event_id).public_key()
        key.verify(signature, b"passalong " + body)
    except InvalidSignature:
        raise BarcodeRefused("unknown") from None
    if ticket.state == CANCELLED:
        raise BarcodeRefused("cancelled")
    if ticket.barcode_generation != generation:
        raise BarcodeRefused("replaced")
    if ticket.state == OPEN:
        raise BarcodeRefused("open")
    if ticket.state == CHECKED_IN:
        raise BarcodeRefused("checked_in")
    return ticket


def _ticket(barcode_id: int) -> Ticket | None:
    if barcode_id.bit_length() > 63:  # more than any row has, and than a database can be asked for
        return None
    return db.session.scalar(
        select(Ticket)
        .where(Ticket.barcode_id == barcode_id)
        .options(joinedload(Ticket.type), joinedload(Ticket.order).joinedload(Order.shop))
        .execution_options(populate_existing=True)
    )


def _private_key(version: int, event_id: int) -> Ed25519PrivateKey:
    seed = keys().barcode_seed
    if version != _FIRST_VERSION:
        seed = hmac.digest(seed, f"passalong barcodes of event {event_id}".encode(), "sha256")
    return Ed25519PrivateKey.from_private_bytes(seed)
