"""What the QR holds and the door reads.

75 bytes — version 1 | barcode id 8 | generation 2 | Ed25519 signature 64 — as 120 characters of
base32 (RFC 4648), which a QR stores in its dense alphanumeric mode. No personal data; a door
without a network can check the signature with the public key. A raised generation refuses the
former barcode.
"""

import base64
import binascii
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
_VERSION: Final = 1
_SIGNATURE_BYTES: Final = 64


class BarcodeRefused(Exception):
    """The door must not let this barcode in; `reason` says why.

    Reasons: `unknown` (not ours), `replaced` (a newer barcode exists), `open` (nobody's yet),
    `cancelled`, `checked_in` (already used).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text_of(ticket: Ticket) -> str:
    """The barcode's text as of the ticket's present generation."""
    body = _FORM.pack(_VERSION, ticket.barcode_id, ticket.barcode_generation)
    return base64.b32encode(body + _private_key().sign(b"passalong " + body)).decode()


def look_up(text: str) -> Ticket:
    """The ticket that this barcode admits now; raises `BarcodeRefused`.

    Its order, shop and event are loaded along.
    """
    try:
        raw = base64.b32decode(text.strip())
        body, signature = raw[: _FORM.size], raw[_FORM.size :]
        version, barcode_id, generation = _FORM.unpack(body)
        if version != _VERSION or len(signature) != _SIGNATURE_BYTES:
            raise BarcodeRefused("unknown")
        _private_key().public_key().verify(signature, b"passalong " + body)
    except (binascii.Error, ValueError, struct.error, InvalidSignature):
        raise BarcodeRefused("unknown") from None
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.barcode_id == barcode_id)
        .options(joinedload(Ticket.type), joinedload(Ticket.order).joinedload(Order.shop))
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise BarcodeRefused("unknown")
    if ticket.state == CANCELLED:
        raise BarcodeRefused("cancelled")
    if ticket.barcode_generation != generation:
        raise BarcodeRefused("replaced")
    if ticket.state == OPEN:
        raise BarcodeRefused("open")
    if ticket.state == CHECKED_IN:
        raise BarcodeRefused("checked_in")
    return ticket


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys().barcode_seed)
